/**
 * Where the processes of a recording begin: `node sim-node.js node` is a node of the scenario,
 * `node sim-node.js guard FOLDER` cleans up after a recorder that died, `node sim-node.js canary` feels
 * how much the machine holds a run up.
 */
import { canary } from "./canary.ts";
import { guard } from "./guard.ts";
import { ModuleProcess } from "./module-process.ts";
import { NodeProcess } from "./node-process.ts";
import type { Down, Job, Up } from "./protocol.ts";
import { warmUp } from "./warm-up.ts";
import { loadZeroMQ, ZeroMQError } from "./zeromq.ts";

const kill = (): void => void process.kill(process.pid, "SIGKILL");

function tell(message: Up): void {
  if (process.connected) process.send?.(message);
}

/** The recorder sees the end of the process itself. */
function release(): void {
  process.off("disconnect", kill);
  if (process.connected) process.disconnect();
}

async function serve(): Promise<void> {
  // Ctrl-C at the terminal reaches all processes of the recording; the recorder decides.
  process.on("SIGINT", () => {});
  process.on("disconnect", kill);
  if (!process.connected) kill();
  const loading = loadZeroMQ();
  loading.catch(() => {});
  let node: NodeProcess | ModuleProcess | undefined;
  const prepare = async (job: Job): Promise<void> => {
    const library = job.script === "" ? await loading : await loadZeroMQ(job.script);
    if (job.script === "") {
      await warmUp(job, library);
      node = new NodeProcess(job, library, tell, release);
    } else {
      const program = new ModuleProcess(job, library, () => process.channel?.unref());
      await program.prepare();
      node = program;
    }
    tell({ kind: "ready", package: library.package, library: library.version });
  };
  process.on("message", (message: Down) => {
    if (message.kind === "job") {
      prepare(message).catch(broken);
    } else if (message.kind === "start") {
      node?.start(BigInt(message.zero), message.begin).catch(broken);
    } else if (node instanceof NodeProcess) {
      node.portFound(message.key, message.port);
    }
  });
}

/** A bug of the recorder, or a library that does not do as it says. */
function broken(error: unknown): void {
  const reason = error instanceof ZeroMQError ? error.reason : "failed";
  const message =
    error instanceof ZeroMQError
      ? error.message
      : error instanceof Error
        ? (error.stack ?? error.message)
        : String(error);
  if (!process.connected) return kill();
  process.send?.({ kind: "broken", reason, message } satisfies Up, undefined, undefined, kill);
}

if (process.argv[2] === "guard") guard(process.argv[3] ?? "");
else if (process.argv[2] === "canary") canary();
else serve().catch(broken);
