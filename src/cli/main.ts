/** Sets up the command line. Commands return an exit code; this is where their failures become words. */
import { Command, CommanderError } from "commander";
import { MODEL, VERSION } from "../journal/version.ts";
import { addCalibrate } from "./calibrate.ts";
import { addCheck } from "./check.ts";
import { addCompare } from "./compare.ts";
import { addDoctor } from "./doctor.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure, Findings } from "./failure.ts";
import { addInit } from "./init.ts";
import { addList } from "./list.ts";
import { addRecord } from "./record.ts";
import { BrokenRun } from "./reproduce.ts";
import { addRun } from "./run.ts";
import { addSchema } from "./schema.ts";
import { painter, type Shell } from "./shell.ts";
import { addMergeReports, addTest } from "./test.ts";
import { addTrace } from "./trace.ts";

/** What a command file gets: where to hang its command, the world, and where to leave its exit code. */
export interface Setup {
  readonly program: Command;
  readonly shell: Shell;
  /** Wraps an action so that its exit code reaches the process. */
  readonly action: <A extends readonly unknown[]>(
    body: (...args: A) => ExitCode | Promise<ExitCode>,
  ) => (...args: A) => Promise<void>;
}

const EXAMPLES = `Simulates ZeroMQ topologies on a virtual clock: same scenario, same seed, same run.

Examples:
  sim run scenarios/late-joiner.json        why is the first message lost?
  sim run --seeds 1..200 x.json             every outcome over 200 seeds, and how often
  sim init --example late-joiner            a scenario of your own to start from
  sim trace x.json --to mermaid             the run as a sequence diagram
`;

const COMMANDS = [
  addRun,
  addTest,
  addCheck,
  addList,
  addTrace,
  addRecord,
  addCompare,
  addCalibrate,
  addSchema,
  addMergeReports,
  addInit,
  addDoctor,
];

export async function main(argv: readonly string[], shell: Shell): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.ok;
  const program = new Command("sim");
  program
    .version(`zeromq-sim ${VERSION} (model: ${MODEL})`, "-V, --version", "print the version")
    .option("--verbose", "print the stack of an internal error")
    .addHelpText("before", EXAMPLES)
    .addHelpText(
      "after",
      "\nExit codes: 0 all held, 1 an expectation failed, 2 bad usage or scenario, 3 internal error or limit,\n4 nondeterminism, 5 inconclusive, 130 interrupted.",
    )
    .showHelpAfterError("(sim --help shows how)")
    .configureOutput({
      writeOut: shell.out,
      writeErr: shell.err,
      getOutHasColors: () => shell.outColor,
      getErrHasColors: () => shell.errColor,
    })
    .exitOverride();
  const setup: Setup = {
    program,
    shell,
    action:
      (body) =>
      async (...args) => {
        exitCode = await body(...args);
      },
  };
  for (const add of COMMANDS) add(setup);
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return explain(error, shell, program.opts()["verbose"] === true || Boolean(shell.env["DEBUG"]));
  }
}

/** Tells the user what went wrong; only a bug deserves a stack, and only on request. */
function explain(error: unknown, shell: Shell, verbose: boolean): ExitCode {
  if (error instanceof BrokenRun) {
    const code = explain(error.cause, shell, verbose);
    shell.err(`\nreproduce: ${error.line}\n`);
    return code;
  }
  const paint = painter(shell.errColor);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof Failure) {
    shell.err(error instanceof Findings ? error.message : `${paint("red", "error:")} ${error.message}\n`);
    return error.exitCode;
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  shell.err(`${paint("red", "internal error:")} ${message}\n`);
  shell.err(
    `This is a bug of zeromq-sim ${VERSION} (node ${process.version}). Please report it with the scenario and the command line.\n`,
  );
  if (verbose && error instanceof Error) shell.err(`${error.stack}\n`);
  else shell.err("Run again with --verbose or DEBUG=1 to see where it happened.\n");
  return EXIT.internal;
}
