/** `sim doctor`: what is installed, and what of libzmq is modelled. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fastDrainWorks } from "../dropin/drain.ts";
import { MODEL, VERSION } from "../journal/version.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { packageFolder } from "./files.ts";
import type { Setup } from "./main.ts";
import { painter, type Shell } from "./shell.ts";

const EXAMPLES = `Examples:
  sim doctor              versions, and whether real ZeroMQ is at hand
  sim doctor --model      option by option: exact, approximated or ignored
`;

export function addDoctor({ program, shell, action }: Setup): void {
  program
    .command("doctor")
    .summary("show versions and what is modelled")
    .description("Shows versions, or with --model what of libzmq is modelled and how closely.")
    .option("--model", "the fidelity table: options and known departures")
    .option("--json", "one JSON document on stdout")
    .addHelpText("before", EXAMPLES)
    .action(action((options: DoctorOptions) => (options.model ? model(shell, options) : installation(shell, options))));
}

interface DoctorOptions {
  readonly model?: boolean;
  readonly json?: boolean;
}

async function installation(shell: Shell, { json }: DoctorOptions): Promise<ExitCode> {
  const { engines } = JSON.parse(readFileSync(join(packageFolder(), "package.json"), "utf8")) as {
    engines: { node: string };
  };
  const facts = {
    "zeromq-sim": VERSION,
    model: MODEL,
    node: `${process.version} (needs ${engines.node})`,
    platform: `${process.platform} ${process.arch}`,
    drain: await drain(),
    zeromq: realZeromq(shell.cwd) ?? "not installed (only sim record needs it: npm install zeromq)",
  };
  if (json) shell.out(`${JSON.stringify(facts, null, 2)}\n`);
  else for (const [name, fact] of Object.entries(facts)) shell.out(`${name.padEnd(12)}${fact}\n`);
  return EXIT.ok;
}

/** How programs written for zeromq.js are driven here; traces are equal either way. Only a macrotask can tell. */
const drain = (): Promise<string> =>
  new Promise((done) => {
    setImmediate(() =>
      done(fastDrainWorks() ? "tick (process._tickCallback)" : "turn (one turn of the event loop per wake)"),
    );
  });

/** The version of npm's zeromq as seen from the user's folder; it is only looked up, not loaded. */
function realZeromq(folder: string): string | undefined {
  try {
    const path = createRequire(join(folder, "package.json")).resolve("zeromq/package.json");
    return (JSON.parse(readFileSync(path, "utf8")) as { version: string }).version;
  } catch {
    return undefined;
  }
}

async function model(shell: Shell, { json }: DoctorOptions): Promise<ExitCode> {
  const { fidelity } = await import("./fidelity.ts");
  const { options, departures } = fidelity();
  if (json) {
    shell.out(`${JSON.stringify({ model: MODEL, options, departures }, null, 2)}\n`);
    return EXIT.ok;
  }
  const paint = painter(shell.outColor);
  const colors = { exact: "green", approximated: "yellow", ignored: "red" } as const;
  const width = Math.max(0, ...options.map(({ name }) => name.length));
  shell.out(`Options of ${MODEL}\n`);
  for (const { name, level, note } of options) {
    const words =
      note === undefined ? paint(colors[level], level) : `${paint(colors[level], level.padEnd(12))}  ${note}`;
    shell.out(`  ${name.padEnd(width)}  ${words}\n`);
  }
  shell.out("\nKnown departures\n");
  for (const { name, text } of departures) shell.out(`  ${paint("bold", name)}: ${text}\n`);
  return EXIT.ok;
}
