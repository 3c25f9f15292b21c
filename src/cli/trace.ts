/** `sim trace`: a run, simulated now or saved earlier, in another form. */
import { Option } from "commander";
import type { Trace } from "../trace/format.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { readScenario, readTraceText, writeWhole } from "./files.ts";
import type { Setup } from "./main.ts";
import { assignment } from "./run.ts";
import type { Shell } from "./shell.ts";

const FORMATS = ["text", "jsonl", "mermaid", "chrome"] as const;

interface TraceOptions {
  readonly to: (typeof FORMATS)[number];
  readonly out?: string;
  readonly from?: string;
  readonly until?: string;
  readonly socket?: string;
  readonly seed?: string;
  readonly set?: readonly string[];
}

const EXAMPLES = `Examples:
  sim trace late-joiner.json                                   a timeline to read
  sim trace late-joiner.json --to mermaid --until 700ms        a sequence diagram
  sim trace run.jsonl --to chrome --out run.json               for ui.perfetto.dev
`;

export function addTrace({ program, shell, action }: Setup): void {
  program
    .command("trace")
    .summary("show a run as timeline, diagram or trace file")
    .description("Shows a run: of a scenario (it is run now) or of a saved .jsonl trace.")
    .argument("<file>", "scenario, or trace ending in .jsonl")
    .addOption(new Option("--to <format>", "form of the output").choices(FORMATS).default("text"))
    .option("--out <file>", "write there instead of to stdout")
    .option("--from <time>", 'leave out what is earlier, "600ms"')
    .option("--until <time>", "leave out what is later")
    .option("--socket <name>", 'only what concerns this socket, thread or node, "publisher.sender"')
    .option("--seed <seed>", "seed of the run")
    .option("--set <path=value>", "change a value of the scenario, may be repeated", assignment)
    .addHelpText("before", EXAMPLES)
    .action(action((file: string, options: TraceOptions) => trace(shell, file, options)));
}

async function trace(shell: Shell, file: string, options: TraceOptions): Promise<ExitCode> {
  const { FORMS, partOf } = await import("./trace-forms.ts");
  const { from, until } = await timeSpan(options);
  const whole = await obtain(shell, file, options);
  const part = partOf(whole, { from, until, ...(options.socket === undefined ? {} : { name: options.socket }) });
  if (part.shown.events.length === 0) shell.err("no event passed --from, --until and --socket\n");
  const chunks = FORMS[options.to](part);
  if (options.out !== undefined) await writeWhole(shell, options.out, chunks);
  else for (const chunk of chunks) shell.out(chunk);
  return EXIT.ok;
}

async function timeSpan({ from, until }: TraceOptions): Promise<{ from: number; until: number }> {
  const { parseTime } = await import("./engine.ts");
  const first = from === undefined ? 0 : parseTime("--from", from);
  const last = until === undefined ? Number.MAX_SAFE_INTEGER : parseTime("--until", until);
  if (last < first) throw new Failure("--until is earlier than --from");
  return { from: first, until: last };
}

/** Runs the scenario, or reads the run that a .jsonl file holds. */
async function obtain(shell: Shell, file: string, { seed, set }: TraceOptions): Promise<Trace> {
  if (file.endsWith(".jsonl")) {
    const { readTrace } = await import("./trace-forms.ts");
    if (seed !== undefined || set !== undefined) {
      throw new Failure(`--seed and --set need a scenario, and ${file} is a run that is over`);
    }
    return readTrace(readTraceText(shell, file), file);
  }
  const { execute, load } = await import("./engine.ts");
  const loaded = load({ ...readScenario(shell, file), set: set ?? [], color: shell.errColor });
  return (await execute(loaded, seed ?? loaded.plan.seed)).record;
}
