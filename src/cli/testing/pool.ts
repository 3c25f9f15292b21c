/** Runs batches of seeds over all cores; few of them in this thread, which starts sooner. */
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import type { Tinypool } from "tinypool";
import { type Batch, type BatchResult, forget, runBatch } from "./run-batch.ts";

export interface Pool {
  readonly workers: number;
  readonly run: (batch: Batch) => Promise<BatchResult>;
  readonly close: () => Promise<void>;
}

export interface PoolOptions {
  /** 0: everything in this thread. Default: one for each core. */
  readonly workers?: number;
  /** How many runs there will be. */
  readonly runs: number;
  /** Fresh processes instead of threads. */
  readonly processes?: boolean;
}

/** Starting workers takes as long as some dozens of small runs. */
const RUNS_INLINE_MAX = 16;

/** The bundle has it beside its chunks; the sources, run by a test, have nothing that a thread could load. */
const WORKER = new URL("./test-worker.js", import.meta.url);
const bundled = import.meta.url.endsWith(".js");

export async function openPool({
  workers = availableParallelism(),
  runs,
  processes = false,
}: PoolOptions): Promise<Pool> {
  const inline = workers === 0 || !bundled || (runs <= RUNS_INLINE_MAX && !processes);
  if (inline) return inlinePool();
  const { Tinypool } = await import("tinypool");
  const threads = Math.max(1, Math.min(workers, runs));
  const pool: Tinypool = new Tinypool({
    filename: fileURLToPath(WORKER),
    runtime: processes ? "child_process" : "worker_threads",
    minThreads: threads,
    maxThreads: threads,
  });
  return {
    workers: threads,
    run: (batch) => pool.run(batch) as Promise<BatchResult>,
    close: () => pool.destroy(),
  };
}

/** Gives way to signals and to the screen between batches. */
function inlinePool(): Pool {
  forget();
  return {
    workers: 1,
    run: async (batch) => {
      await new Promise((resolve) => setImmediate(resolve));
      return runBatch(batch);
    },
    close: async () => {},
  };
}
