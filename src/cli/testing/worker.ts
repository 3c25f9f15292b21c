/** What a worker of the pool runs: one batch of seeds. */
import { type Batch, type BatchResult, runBatch } from "./run-batch.ts";

// A pool takes the default export.
// biome-ignore lint/style/noDefaultExport: the pool calls it
export default (batch: Batch): Promise<BatchResult> => runBatch(batch);
