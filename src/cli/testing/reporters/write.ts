/** Where each reporter writes: to stdout or to a file of its own. */
import { appendFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { styleOf } from "../../engine.ts";
import { Failure, fileFailure } from "../../failure.ts";
import { writeWhole } from "../../files.ts";
import type { Shell } from "../../shell.ts";
import { blobText } from "../blob.ts";
import type { Shard, Tested, TestReport } from "../model.ts";
import { githubAnnotations, githubSummary } from "./github.ts";
import { junitXml } from "./junit.ts";
import { testText } from "./text.ts";

export const REPORTERS = ["default", "verbose", "json", "junit", "github", "blob"] as const;
export type ReporterName = (typeof REPORTERS)[number];

export interface Reporting {
  readonly names: readonly ReporterName[];
  /** File by reporter; absent = stdout, or for a blob a name made of the shard. */
  readonly files: Readonly<Partial<Record<ReporterName, string>>>;
}

/** Several names with commas between or one after the other; on GitHub its annotations come by themselves. */
export function reportingOf(
  shell: Shell,
  options: { readonly reporter?: readonly string[]; readonly outputFile?: string; readonly files: Reporting["files"] },
): Reporting {
  const asked = (options.reporter ?? []).flatMap((text) => text.split(",")).filter((name) => name !== "");
  for (const name of asked)
    if (!(REPORTERS as readonly string[]).includes(name))
      throw new Failure(`there is no reporter "${name}"; there are ${REPORTERS.join(", ")}`);
  const names = asked.length === 0 ? (["default"] as ReporterName[]) : ([...new Set(asked)] as ReporterName[]);
  if (shell.env["GITHUB_ACTIONS"] === "true" && !names.includes("github")) names.push("github");
  const files = { ...options.files };
  for (const name of Object.keys(files) as ReporterName[]) if (!names.includes(name)) names.push(name);
  if (options.outputFile !== undefined) {
    const open = names.filter(
      (name) => name !== "default" && name !== "verbose" && name !== "github" && files[name] === undefined,
    );
    const [only] = open.length > 0 ? open : names;
    if (open.length > 1) throw new Failure(`--output-file is for one reporter; say --output-file.${open[0]} and so on`);
    files[only!] = options.outputFile;
  }
  return { names, files };
}

/** Before anything runs: a file that cannot be written is found out at once. */
export function prepareFiles(shell: Shell, { files }: Reporting): void {
  for (const file of Object.values(files)) {
    const folder = dirname(resolve(shell.cwd, file));
    try {
      makeFolder(folder);
      appendFileSync(resolve(shell.cwd, file), "");
    } catch (error) {
      throw fileFailure("write", file, error);
    }
  }
}

/** Step by step: mkdir's own recursion never ends where a folder cannot be made, as below /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder);
}

export async function writeReports(
  shell: Shell,
  { names, files }: Reporting,
  { report, tested, shard }: { report: TestReport; tested: Tested; shard: Shard | undefined },
): Promise<void> {
  for (const name of names) {
    const file = files[name] ?? (name === "blob" ? blobFile(shard) : undefined);
    const text = render(shell, name, { report, tested, shard, toFile: file !== undefined });
    if (file === undefined) shell.out(text);
    else {
      prepareFiles(shell, { names, files: { [name]: file } });
      await writeWhole(shell, file, [text]);
    }
    if (name === "github") summarize(shell, report);
  }
}

export const BLOB_FOLDER = ".sim-blobs";
const blobFile = ({ index, count }: Shard = { index: 1, count: 1 }): string =>
  `${BLOB_FOLDER}/blob-${index}-of-${count}.jsonl`;

interface Rendering {
  readonly report: TestReport;
  readonly tested: Tested;
  readonly shard: Shard | undefined;
  readonly toFile: boolean;
}

function render(shell: Shell, name: ReporterName, { report, tested, shard, toFile }: Rendering): string {
  switch (name) {
    case "default":
    case "verbose":
      return testText(report, { verbose: name === "verbose", style: styleOf(shell.outColor && !toFile) });
    case "json":
      return `${JSON.stringify(report, null, 2)}\n`;
    case "junit":
      return junitXml(report);
    case "github":
      return githubAnnotations(report, (file) => fromRoot(shell, file));
    case "blob":
      return blobText(tested, shard);
  }
}

/** Annotations name files from the root of the checkout. */
function fromRoot({ cwd, env }: Shell, file: string): string {
  const root = env["GITHUB_WORKSPACE"];
  return root === undefined ? file : relative(root, resolve(cwd, file)).replaceAll("\\", "/");
}

function summarize({ env }: Shell, report: TestReport): void {
  const file = env["GITHUB_STEP_SUMMARY"];
  if (file === undefined || file === "") return;
  try {
    appendFileSync(file, githubSummary(report));
  } catch (error) {
    throw fileFailure("write", file, error);
  }
}
