/** Puts other files in the place of `zeromq`, for import and require, in this process. */
import { pathToFileURL } from "node:url";
import { modules } from "./real.ts";

/** The files that stand in: one for import and one for require, of the package and of its drafts. */
export interface Substitutes {
  readonly zeromq: { readonly import: string; readonly require: string };
  readonly draft: { readonly import: string; readonly require: string };
}

/** Which module a specifier or a resolved URL means. Tools that resolve by themselves import by URL. */
export function meant(specifier: string): keyof Substitutes | null {
  if (specifier === "zeromq") return "zeromq";
  if (specifier === "zeromq/draft" || specifier === "zeromq/draft.js") return "draft";
  const inside = /[\\/]node_modules[\\/]zeromq[\\/](.*)$/.exec(specifier)?.[1]?.replaceAll("\\", "/");
  if (inside === undefined) return null;
  if (/^(lib\/)?(index\.(js|cjs|mjs|ts))?$/.test(inside)) return "zeromq";
  return /^(lib\/)?draft(\.(js|cjs|mjs|ts))?$/.test(inside) ? "draft" : null;
}

type Resolve = (
  specifier: string,
  context: { conditions?: readonly string[] },
  next: (...args: never[]) => Resolved,
) => Resolved;
interface Resolved {
  readonly url: string;
  readonly format?: string | null;
  readonly shortCircuit?: boolean;
}

interface Hooks {
  registerHooks?(hooks: { resolve: Resolve }): void;
  register(specifier: string): void;
  _resolveFilename(request: string, ...rest: unknown[]): string;
}

let registered = false;

/** The substitution alone, for tests that call simulate(). */
export function alias(files: Substitutes): void {
  if (registered) return;
  registered = true;
  const hooks = modules.module as unknown as Hooks;
  if (hooks.registerHooks !== undefined) hooks.registerHooks({ resolve: resolver(files) });
  else registerOnNode20(hooks, files);
}

function resolver(files: Substitutes): Resolve {
  const substitute = (which: keyof Substitutes, conditions: readonly string[] = []): Resolved => {
    const kind = conditions.includes("require") ? "require" : "import";
    return {
      url: pathToFileURL(files[which][kind]).href,
      format: kind === "require" ? "commonjs" : "module",
      shortCircuit: true,
    };
  };
  return (specifier, context, next) => {
    const named = meant(specifier);
    if (named !== null) return substitute(named, context.conditions);
    const resolved = (next as unknown as (specifier: string, context: object) => Resolved)(specifier, context);
    const found = meant(resolved.url);
    return found === null ? resolved : substitute(found, context.conditions);
  };
}

/** import is resolved in a thread of its own there, require by a method that can be replaced. */
function registerOnNode20(hooks: Hooks, files: Substitutes): void {
  const urls = { zeromq: pathToFileURL(files.zeromq.import).href, draft: pathToFileURL(files.draft.import).href };
  const source = `const urls = ${JSON.stringify(urls)};
const meant = ${meant.toString()};
export async function resolve(specifier, context, next) {
  const named = meant(specifier);
  if (named !== null) return { url: urls[named], format: "module", shortCircuit: true };
  const resolved = await next(specifier, context);
  const found = meant(resolved.url);
  return found === null ? resolved : { url: urls[found], format: "module", shortCircuit: true };
}`;
  hooks.register(`data:text/javascript,${encodeURIComponent(source)}`);
  const original = hooks._resolveFilename;
  hooks._resolveFilename = function (request, ...rest) {
    const named = meant(request);
    if (named !== null) return files[named].require;
    const path = original.call(this, request, ...rest);
    const found = meant(path);
    return found === null ? path : files[found].require;
  };
}
