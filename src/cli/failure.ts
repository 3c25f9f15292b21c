/** How a command says that it cannot go on: the text for the user and the exit code, never a stack. */
import { EXIT, type ExitCode } from "./exit-code.ts";

export class Failure extends Error {
  override readonly name = "Failure";
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode = EXIT.usage) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** Problems of a scenario, formatted with their places; they are shown as they are. */
export class Findings extends Failure {}

/** Reasons of the operating system that a user can do something about, in plain words. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file or folder",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left on the device",
  ENAMETOOLONG: "the name is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "too many open files",
};

/** "cannot read x.json: no such file or folder" from an error of node:fs. */
export function fileFailure(doing: string, path: string, error: unknown): Failure {
  const code = (error as NodeJS.ErrnoException).code;
  const reason = (code !== undefined && REASONS[code]) || (error instanceof Error ? error.message : String(error));
  return new Failure(`cannot ${doing} ${path}: ${reason}`);
}
