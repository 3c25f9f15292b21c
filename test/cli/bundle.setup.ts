/** Builds the bundles that tests start, into a folder of this test run, so that runs side by side do not meet. */
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type {} from "vitest";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Folder with sim.js and index.js. */
    bundles: string;
    /** Why they could not be built; "" when they could. */
    bundleError: string;
  }
}

export default async function setup(project: TestProject): Promise<() => void> {
  // Inside the project, so that the bundle finds package.json and scenarios/ above it.
  const folder = join(import.meta.dirname, "../../.tmp", `test-${process.pid}`, "dist");
  let bundleError = "";
  try {
    const { bundle } = await import("../../scripts/build.mjs");
    await bundle(folder);
  } catch (error) {
    bundleError = String(error);
  }
  project.provide("bundles", folder);
  project.provide("bundleError", bundleError);
  return () => rmSync(dirname(folder), { recursive: true, force: true });
}
