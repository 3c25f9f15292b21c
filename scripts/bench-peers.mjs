/** The same work in other engines and in real ZeroMQ: built from a folder of programs, when their toolchains are there. */
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Programs for Node run from here, so that they find the project's zeromq. */
const BESIDE_ZEROMQ = fileURLToPath(new URL("../node_modules/.cache/zeromq-sim-bench", import.meta.url));

const run = promisify(execFile);
const LIMIT = 300_000;

/** Each: source file, how to build it into `out` (null: nothing to build), and the rows it gives. */
const PEERS = [
  {
    source: "thr.c",
    build: (source, out) => ["gcc", ["-O2", "-o", out, source, "-lzmq", "-lpthread"]],
    rows: {
      "libzmq tcp": ["tcp", "100", "1000000"],
      "libzmq inproc": ["inproc", "100", "2000000"],
      "libzmq pub-tcp:100": ["pub-tcp:100", "100", "10000"],
      "libzmq pub-inproc:100": ["pub-inproc:100", "100", "20000"],
      "libzmq proxy-tcp:1": ["proxy-tcp:1", "100", "300000"],
    },
  },
  {
    source: "w13.cpp",
    build: (source, out) => ["g++", ["-O3", "-march=native", "-o", out, source]],
    rows: { "C++ W1": ["w1", "100", "20000"], "C++ W3": ["w3", "1", "1000000"] },
  },
  {
    source: "ns3net.cpp",
    build: (source, out) => [
      "g++",
      [
        "-O3",
        "-o",
        out,
        source,
        "-lns3-core",
        "-lns3-network",
        "-lns3-internet",
        "-lns3-point-to-point",
        "-lns3-applications",
      ],
    ],
    rows: { "ns-3 udp W1": ["udp", "100", "1000"] },
  },
  {
    source: "sgw.cpp",
    build: (source, out) => ["g++", ["-O2", "-o", out, source, "-lsimgrid"]],
    rows: {
      "SimGrid W1": [
        "w1",
        "100",
        "2000",
        "--cfg=network/model:CM02",
        "--cfg=contexts/stack-size:16",
        "--log=root.thresh:error",
      ],
    },
  },
  {
    source: "simpy_w.py",
    build: null,
    command: "/usr/bin/python3",
    rows: { "SimPy W1": ["w1", "100", "2000"], "SimPy W3": ["w3", "1", "50000"] },
  },
  {
    source: "znode.mjs",
    build: null,
    command: process.execPath,
    rows: {
      "zeromq.js tcp": ["tcp", "100", "100000"],
      "zeromq.js inproc": ["inproc", "100", "100000"],
      "zeromq.js pub-tcp:10": ["pub-tcp:10", "100", "10000"],
    },
  },
];

/** Programs print "RESULT ev=N loopw=S loopc=S ...". */
function parse(stdout) {
  const match = /RESULT ev=([\d.]+) loopw=([\d.eE+-]+) loopc=([\d.eE+-]+)/.exec(stdout);
  if (match === null) throw new Error(`no RESULT line in ${JSON.stringify(stdout.slice(0, 200))}`);
  const [events, wall, cpu] = match.slice(1).map(Number);
  return { ns: (cpu * 1e9) / events, wallNs: (wall * 1e9) / events };
}

export function buildPeers(folder, scratch) {
  const peers = [];
  const missing = [];
  for (const { source, build, command, rows } of PEERS) {
    const path = join(folder, source);
    const out = join(scratch, source.replace(/\W/g, "_"));
    try {
      if (!existsSync(path)) throw new Error("no such file");
      if (build !== null) {
        const [compiler, argv] = build(path, out);
        execFileSync(compiler, argv, { stdio: ["ignore", "ignore", "pipe"], timeout: LIMIT });
      }
    } catch (error) {
      missing.push(`${source} (${Object.keys(rows).join(", ")}): ${firstLine(error, folder)}`);
      continue;
    }
    const program = source.endsWith(".mjs") ? besideZeromq(path, source) : path;
    for (const [name, argv] of Object.entries(rows)) {
      const [file, args] = build === null ? [command, [program, ...argv]] : [out, argv];
      const measure = async () => {
        try {
          return parse((await run(file, args, { timeout: LIMIT })).stdout);
        } catch (error) {
          throw new Error(firstLine(error, folder));
        }
      };
      peers.push({ name, measure });
    }
  }
  return { peers, missing };
}

function besideZeromq(path, source) {
  mkdirSync(BESIDE_ZEROMQ, { recursive: true });
  const copy = join(BESIDE_ZEROMQ, source);
  copyFileSync(path, copy);
  return copy;
}

/** What a toolchain or program complains about, without the paths of this machine. */
function firstLine(error, folder) {
  const text = String(error.stderr || error.message).trim();
  const line = text.split("\n").find((each) => /error/i.test(each)) ?? text.split("\n")[0];
  return line.replaceAll(`${folder}/`, "").replaceAll(BESIDE_ZEROMQ, "").trim();
}
