#!/usr/bin/env node
/** The command `sim`. */
import { main } from "./main.ts";
import { processShell } from "./shell.ts";

// A reader that went away (| head) has seen enough: end quietly with the code due so far.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit();
  throw error;
});

// Ctrl-C keeps its default action, which a shell reports as 130: a run holds the event loop, so a
// handler would only make it uninterruptible. Output files are written by rename, never in halves.
process.exitCode = await main(process.argv.slice(2), processShell());
