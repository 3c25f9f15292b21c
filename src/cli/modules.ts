/** Where the command meets the drop-in, which is a bundle of its own: one copy for programs and simulator. */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plan } from "../program/plan.ts";
import type { RunRecord, SimulateOptions } from "../run/record.ts";
import { EXIT } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { packageFolder } from "./files.ts";

interface Dropin {
  readonly shared: {
    simulatePlan(plan: Plan, options: SimulateOptions & { folder: string; files: object }): Promise<RunRecord>;
  };
}

/** Clock and timers are those of the whole process: one run at a time. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a plan whose modules lie in `folder`. */
export function simulateModules(plan: Plan, options: SimulateOptions, folder: string): Promise<RunRecord> {
  const next = last.then(() => runModules(plan, options, folder));
  last = next.catch(() => {});
  return next;
}

async function runModules(plan: Plan, options: SimulateOptions, folder: string): Promise<RunRecord> {
  const place = doors();
  const { shared } = createRequire(import.meta.url)(join(place, "dropin.cjs")) as Dropin;
  const pair = (name: string) => ({ import: join(place, `${name}.mjs`), require: join(place, `${name}.cjs`) });
  try {
    return await shared.simulatePlan(plan, {
      ...options,
      folder,
      files: { zeromq: pair("zeromq"), draft: pair("zeromq-draft") },
    });
  } catch (error) {
    const limit = error instanceof Error && error.name === "LimitError";
    throw new Failure(error instanceof Error ? error.message : String(error), limit ? EXIT.internal : EXIT.usage);
  }
}

function doors(): string {
  const beside = dirname(fileURLToPath(import.meta.url));
  const found = [beside, join(packageFolder(), "dist")].find((folder) => existsSync(join(folder, "dropin.cjs")));
  if (found === undefined) throw new Failure("programs in JavaScript need the built package: npm run build");
  return found;
}
