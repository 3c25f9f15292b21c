/** One simulation around a whole Node process: an existing program or test suite runs in it as it is. */
import { writeFileSync } from "node:fs";
import { formatTime, type Instant, seconds } from "../kernel/time.ts";
import { parseDuration } from "../program/quantity.ts";
import { traceText } from "../trace/format.ts";
import { install } from "./patches.ts";
import { Simulation } from "./simulation.ts";
import { currentStage, setStage } from "./stage.ts";
import { waitingLines } from "./waiting.ts";

/** The one host, as it is called in traces. */
const MAIN = "main";

export interface AmbientOptions {
  readonly seed?: string;
  /** Default "loopback". */
  readonly profile?: string;
  /** Where virtual time stops; default "1h". */
  readonly until?: string;
  readonly strict?: boolean;
  /** File that the trace is written to at the end. */
  readonly trace?: string;
  /** "ignore": the clock does not wait for files and sockets of the real world. */
  readonly realWork?: "auto" | "ignore";
}

/** From ZEROMQ_SIM_SEED, _PROFILE, _UNTIL, _STRICT, _TRACE, _REAL_WORK. */
export function optionsFromEnvironment(env: NodeJS.ProcessEnv): AmbientOptions {
  const get = (name: string): string | undefined => env[`ZEROMQ_SIM_${name}`] || undefined;
  const [seed, profile, until, trace] = [get("SEED"), get("PROFILE"), get("UNTIL"), get("TRACE")];
  return {
    ...(seed === undefined ? {} : { seed }),
    ...(profile === undefined ? {} : { profile }),
    ...(until === undefined ? {} : { until }),
    ...(trace === undefined ? {} : { trace }),
    strict: get("STRICT") !== undefined,
    realWork: get("REAL_WORK") === "ignore" ? "ignore" : "auto",
  };
}

/** Begins; it ends with the process. */
export function startAmbient(options: AmbientOptions = {}): void {
  if (currentStage() !== null) return;
  let stopped: string | null = null;
  const simulation: Simulation = new Simulation(
    {
      name: "register",
      seed: options.seed ?? "1",
      profile: options.profile ?? "loopback",
      full: options.trace !== undefined,
      limits: { events: Number.MAX_SAFE_INTEGER, eventsPerInstant: 1_000_000 },
      strict: options.strict ?? false,
      realWork: options.realWork ?? "auto",
      until: untilOf(options.until),
      drain: null,
      turnLimitMs: 60_000,
    },
    {
      quiet: (outcome) => {
        if (outcome === "until") stopped = `virtual time ended at ${formatTime(simulation.until)} (ZEROMQ_SIM_UNTIL)`;
        return false;
      },
      failed: (error) => {
        throw error;
      },
    },
  );
  install(new Set(["exit"]));
  const host = simulation.addHost(MAIN, () => {});
  simulation.ambient = host.begin();
  setStage(simulation);
  process.on("exit", (code) => {
    if (options.trace !== undefined) {
      const { header, events } = simulation.finish("ended");
      writeFileSync(options.trace, traceText({ header, events }));
    }
    for (const warning of simulation.warnings.values()) process.stderr.write(`zeromq-sim: ${warning}\n`);
    const waiting = waitingLines(simulation.byName.values());
    if ((code !== 0 && code !== 13) || simulation.ambient?.refs === 0) return;
    const why = stopped ?? `nothing can happen any more at ${formatTime(simulation.now)}`;
    process.stderr.write(
      `zeromq-sim: ${why}, and the program still waits:\n${waiting.map((line) => `  ${line}\n`).join("")}`,
    );
    process.exitCode = 1;
  });
}

function untilOf(text = "1h"): Instant {
  if (text === "1h") return seconds(3600) as number as Instant;
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new RangeError(`ZEROMQ_SIM_UNTIL: ${parsed.message}`);
  return parsed.value as number as Instant;
}
