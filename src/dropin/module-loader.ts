/**
 * Loads a program file as often as it has instances, each time with variables of its own. ESM: a query in
 * its URL, which a resolve hook carries on to what it imports. CommonJS: the cache forgets it first.
 */
import { pathToFileURL } from "node:url";
import { modules } from "./real.ts";

const KEY = "zeromq-sim-instance";

interface Hooks {
  registerHooks?(hooks: { resolve: unknown }): void;
  register(specifier: string): void;
  readonly _cache: Record<string, unknown>;
}
const hooks = modules.module as unknown as Hooks;

let hooked = false;
let loads = 0;
/** What was there before the first program. */
let before: ReadonlySet<string> | null = null;

/** Evaluates the file as a new program; settles when its top level is done. */
export function loadInstance(path: string): Promise<unknown> {
  if (!hooked) {
    hooked = true;
    if (hooks.registerHooks !== undefined) hooks.registerHooks({ resolve: resolveSync });
    else hooks.register(`data:text/javascript,${encodeURIComponent(SOURCE)}`);
  }
  before ??= new Set(Object.keys(hooks._cache));
  for (const name of Object.keys(hooks._cache))
    if (!before.has(name) && !isPackage(name)) Reflect.deleteProperty(hooks._cache, name);
  return import(`${pathToFileURL(path).href}?${KEY}=${++loads}`);
}

const isPackage = (name: string): boolean => /[\\/]node_modules[\\/]/.test(name);

/** The URL of what an instance imports: its own copy, unless a package is meant. */
function carried(parent: string | undefined, url: string, key: string): string {
  const mark = new RegExp(`[?&]${key}=(\\d+)`).exec(parent ?? "");
  if (mark === null || !url.startsWith("file:") || /\/node_modules\/|[?&]zeromq-sim/.test(url)) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${mark[0].slice(1)}`;
}

type Resolved = { readonly url: string };
function resolveSync(
  specifier: string,
  context: { readonly parentURL?: string; readonly conditions?: readonly string[] },
  next: (specifier: string, context: object) => Resolved,
): Resolved {
  const resolved = next(specifier, context);
  if (context.conditions?.includes("require") === true) return resolved;
  const url = isOurs(resolved.url) ? resolved.url : carried(context.parentURL, resolved.url, KEY);
  return url === resolved.url ? resolved : { ...resolved, url };
}

/** The doors of the simulated module are one for all. */
const isOurs = (url: string): boolean => /\/zeromq(-draft)?\.[cm]js$/.test(url);

const SOURCE = `const KEY = ${JSON.stringify(KEY)};
const isOurs = ${isOurs.toString()};
const carried = ${carried.toString()};
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const url = isOurs(resolved.url) ? resolved.url : carried(context.parentURL, resolved.url, KEY);
  return url === resolved.url ? resolved : { ...resolved, url };
}`;
