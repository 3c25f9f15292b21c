/** `sim schema`: the published JSON Schemas. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Argument } from "commander";
import { EXIT } from "./exit-code.ts";
import { fileFailure } from "./failure.ts";
import { packageFolder } from "./files.ts";
import type { Setup } from "./main.ts";

const EXAMPLES = `Examples:
  sim schema > scenario.schema.json
  sim schema trace | jq '."$defs" | keys'
`;

export function addSchema({ program, shell, action }: Setup): void {
  program
    .command("schema")
    .summary("print the JSON Schema of scenarios or traces")
    .description("Prints the JSON Schema (2020-12) of scenario files or of trace lines.")
    .addArgument(new Argument("[which]", "which schema").choices(["scenario", "trace"]).default("scenario"))
    .addHelpText("before", EXAMPLES)
    .action(
      action((which: string) => {
        shell.out(schemaText(which));
        return EXIT.ok;
      }),
    );
}

export const schemaPath = (which: string): string => join(packageFolder(), "scenarios", `${which}.schema.json`);

function schemaText(which: string): string {
  try {
    return readFileSync(schemaPath(which), "utf8");
  } catch (error) {
    throw fileFailure("read", schemaPath(which), error);
  }
}
