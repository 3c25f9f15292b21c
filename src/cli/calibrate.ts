/** `sim calibrate`: measures this machine and writes a profile for simulations of it. */
import { cpus, platform, release } from "node:os";
import type { FitRow } from "../real/calibrate.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { readProfile, writeWhole } from "./files.ts";
import type { Setup } from "./main.ts";
import { surroundingsOf } from "./record.ts";
import type { Shell } from "./shell.ts";

interface CalibrateOptions {
  readonly out?: string;
  readonly check?: string;
  readonly json?: boolean;
  readonly with?: string;
  readonly whenReady?: string;
  readonly canaryReady?: string;
  readonly whenDone?: string;
}

const EXAMPLES = `Examples:
  sim calibrate --out here.json
  sim calibrate --check here.json                does it still tell the times of this machine?
  sim compare --profile here.json --timing late-joiner.json late-joiner.real
`;

export function addCalibrate({ program, shell, action }: Setup): void {
  program
    .command("calibrate")
    .summary("measure this machine and write a profile of it")
    .description(
      "Measures this machine with small real runs (npm zeromq) and fits a profile to them, in about a quarter of an hour.",
    )
    .option("--out <file>", "write the profile there instead of to stdout")
    .option("--check <profile>", "measure again and hold this profile against it, instead of making one")
    .option("--with <command>", 'command that starts the processes: "taskset -c 0", "chrt -r 1"')
    .option("--when-ready <command>", 'run for each process before it begins, with its number: "chrt -a -r -p 1"')
    .option(
      "--canary-ready <command>",
      'instead of --when-ready for the process that feels the machine: "chrt -a -r -p 2"',
    )
    .option("--when-done <command>", 'run for each process when a run is over, before it is ended: "chrt -a -o -p 0"')
    .option("--json", "the profile and the table as one JSON document on stdout")
    .addHelpText("before", EXAMPLES)
    .action(action((options: CalibrateOptions) => runCalibration(shell, options)));
}

async function runCalibration(shell: Shell, options: CalibrateOptions): Promise<ExitCode> {
  const { out, json, check } = options;
  const { calibrate } = await import("../real/calibrate.ts");
  const { LibraryError } = await import("../real/record.ts");
  const { styleOf } = await import("./engine.ts");
  const interrupt = new AbortController();
  const onSignal = (): void => interrupt.abort();
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  try {
    const fit = await calibrate({
      ...surroundingsOf(shell, options),
      profile: check === undefined ? undefined : await usableProfile(shell, check),
      signal: interrupt.signal,
      progress: (text) => shell.err(`${text}\n`),
    });
    if (fit === undefined) return EXIT.interrupted;
    if (check !== undefined) return await tellCheck(shell, fit.rows, json === true);
    const provenance = `sim calibrate on ${cpus().length} x ${cpus()[0]?.model.trim() ?? "?"}, ${platform()} ${release()}, ${new Date().toISOString().slice(0, 10)}`;
    const profile = `${JSON.stringify({ ...fit.profile, provenance }, null, 2)}\n`;
    if (out !== undefined) await writeWhole(shell, out, [profile]);
    if (json) shell.out(`${JSON.stringify({ profile: JSON.parse(profile), rows: fit.rows }, null, 2)}\n`);
    else (out === undefined ? shell.err : shell.out)(await fitText(fit.rows, styleOf(shell.outColor)));
    if (out === undefined && !json) shell.out(profile);
    return EXIT.ok;
  } catch (error) {
    throw error instanceof LibraryError ? new Failure(error.message) : error;
  } finally {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  }
}

/** Looked at before the minutes that measuring takes. */
async function usableProfile(shell: Shell, path: string): Promise<ReturnType<typeof readProfile>> {
  const { resolveProfile } = await import("../network/profile.ts");
  const profile = readProfile(shell, path);
  try {
    resolveProfile(profile);
  } catch (error) {
    throw new Failure(`${path} is no profile: ${(error as Error).message}`);
  }
  return profile;
}

async function tellCheck(shell: Shell, rows: readonly FitRow[], json: boolean): Promise<ExitCode> {
  const { styleOf } = await import("./engine.ts");
  const outside = rows.filter((row) => verdictOf(row) === "outside").length;
  if (json) shell.out(`${JSON.stringify({ rows }, null, 2)}\n`);
  else
    shell.out(
      `${await fitText(rows, styleOf(shell.outColor))}${outside === 0 ? "within: p50 within 25 %, p95 within 50 %" : `differs: ${outside} of ${rows.length} quantities`}\n`,
    );
  return outside === 0 ? EXIT.ok : EXIT.expectationFailed;
}

const verdictOf = ({ p50, p95 }: FitRow): "ok" | "outside" | "unsteady" =>
  [p50, p95].includes("outside") ? "outside" : [p50, p95].includes("unsteady") ? "unsteady" : "ok";

async function fitText(rows: readonly FitRow[], style: import("../trace/text.ts").Style): Promise<string> {
  const { table } = await import("../trace/text.ts");
  const { formatTime, ns } = await import("../kernel/time.ts");
  const time = (value: number): string => formatTime(ns(value));
  const lines = table(
    rows,
    [
      { title: "quantity", cell: ({ quantity }) => quantity },
      { title: "n", right: true, cell: ({ count }) => `${count}` },
      { title: "p50 measured", right: true, cell: ({ measured }) => time(measured.p50) },
      { title: "predicted", right: true, cell: ({ predicted }) => time(predicted.p50) },
      { title: "p95 measured", right: true, cell: ({ measured }) => time(measured.p95) },
      { title: "predicted", right: true, cell: ({ predicted }) => time(predicted.p95) },
      { title: "", cell: verdictOf, style: (row, { red }) => (verdictOf(row) === "outside" ? red : String) },
    ],
    style,
  );
  const unsteady = rows.flatMap((row) =>
    (["p50", "p95"] as const)
      .filter((p) => row[p] === "unsteady")
      .map((p) => `unsteady: other runs alike had a ${p} of ${time(row.before[p])} for ${row.quantity}`),
  );
  return `${[...lines, ...unsteady].join("\n")}\n`;
}
