/** Files that stand in for `zeromq` in the process of a module: whoever imports or requires it gets the traced library. */
import { writeFileSync } from "node:fs";
import { alias } from "../dropin/alias.ts";
import type { ModuleProcess } from "./module-process.ts";
import { tracedLibrary } from "./traced-library.ts";
import type { ZeroMQ } from "./zeromq.ts";

const KEY = "zeromq-sim.recorded";

/** `path`: where the files go, without what they end with. */
export function openDoors(host: ModuleProcess, library: ZeroMQ, path: string): void {
  const main = tracedLibrary(host, library.exports);
  let drafts: Record<string, unknown> | undefined;
  const libraries = {
    zeromq: () => {
      host.begin();
      return main;
    },
    draft: () => (drafts ??= tracedLibrary(host, library.drafts())),
  };
  Object.defineProperty(globalThis, Symbol.for(KEY), { value: libraries });
  const names = { zeromq: Object.keys(main), draft: DRAFTS };
  const pair = (which: "zeromq" | "draft") => {
    const files = { import: `${path}-${which}.mjs`, require: `${path}-${which}.cjs` };
    const load = `globalThis[Symbol.for("${KEY}")].${which}()`;
    writeFileSync(files.require, `module.exports = ${load};\n`);
    writeFileSync(
      files.import,
      `const api = ${load};\nexport default api;\nexport const { ${names[which].join(", ")} } = api;\n`,
    );
    return files;
  };
  alias({ zeromq: pair("zeromq"), draft: pair("draft") });
}

const DRAFTS = ["Client", "Datagram", "Dish", "Gather", "Radio", "Scatter", "Server"];
