/** `sim trace`: a run, simulated now or saved earlier, in another form. */
import { Option } from "commander";
import type { TraceEvent } from "../journal/events.ts";
import type { TraceFile } from "./engine.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { readScenarioText, readTraceText, writeWhole } from "./files.ts";
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
    .option("--socket <name>", 'only what concerns this socket or node, "publisher.sender"')
    .option("--seed <seed>", "seed of the run")
    .option("--set <path=value>", "change a value of the scenario, may be repeated", assignment)
    .addHelpText("before", EXAMPLES)
    .action(action((file: string, options: TraceOptions) => trace(shell, file, options)));
}

async function trace(shell: Shell, file: string, options: TraceOptions): Promise<ExitCode> {
  const { TRACE_FORMATS, parseTime } = await import("./engine.ts");
  const from = options.from === undefined ? 0 : parseTime("--from", options.from);
  const until = options.until === undefined ? Number.POSITIVE_INFINITY : parseTime("--until", options.until);
  if (until < from) throw new Failure("--until is earlier than --from");
  const whole = await obtain(shell, file, options);
  const events = whole.events.filter((event) => event.t >= from && event.t <= until && concerns(event, options.socket));
  const chunks = TRACE_FORMATS[options.to]({ header: whole.header, events });
  if (options.out !== undefined) writeWhole(shell, options.out, chunks);
  else for (const chunk of chunks) shell.out(chunk);
  return EXIT.ok;
}

async function obtain(shell: Shell, file: string, options: TraceOptions): Promise<TraceFile> {
  const { execute, load, parseTrace, traceOf } = await import("./engine.ts");
  if (file.endsWith(".jsonl")) {
    if (options.seed !== undefined || options.set !== undefined)
      throw new Failure(`--seed and --set need a scenario, and ${file} is a run that is over`);
    return parseTrace(readTraceText(shell, file), file);
  }
  const loaded = load(readScenarioText(shell, file), file, { set: options.set ?? [] });
  return traceOf(execute(loaded, options.seed ?? loaded.plan.seed));
}

/** Whether the event is about the socket (or any socket or thread of the node) of that name. */
function concerns(event: TraceEvent, name: string | undefined): boolean {
  if (name === undefined) return true;
  const parties = event as {
    socket?: string;
    peer?: string;
    thread?: string;
    node?: string;
    from?: string;
    to?: string;
  };
  return [parties.socket, parties.peer, parties.thread, parties.node, parties.from, parties.to].some(
    (party) => party !== undefined && (party === name || party.startsWith(`${name}.`)),
  );
}
