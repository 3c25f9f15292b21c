/** Options of the scripts here: parsed, or an error and how the script is called. */
import { parseArgs } from "node:util";

/** Values of the command line; ends the process on --help and on what `options` (of parseArgs) does not know. */
export function scriptOptions(usage, options) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } } });
    if (!values.help) return values;
    console.log(usage);
    process.exit(0);
  } catch (error) {
    console.error(`error: ${error.message}\n${usage}`);
    process.exit(2);
  }
}
