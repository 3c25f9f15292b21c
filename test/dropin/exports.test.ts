/** The module and npm zeromq 6.8 side by side: names, options, defaults, what can be read and set. */

import { describe, expect, test } from "vitest";
import * as real from "zeromq";
import * as realDraft from "zeromq/draft.js";
import { simulate } from "../../src/dropin/simulate.ts";
import * as sim from "../../src/dropin/zeromq.ts";
import * as simDraft from "../../src/dropin/zeromq-draft.ts";

type Class = new (options?: object) => { close(): void };
const named = (module: object): string[] =>
  Object.keys(module)
    .filter((name) => name !== "default" && name !== "module.exports")
    .sort();

test("the names", () => {
  expect(named(sim)).toEqual(named(real));
  expect(named(sim)).toHaveLength(20);
  expect(named(simDraft)).toEqual(named(realDraft));
});

test("version, capability and keys", () => {
  expect(sim.version).toBe("4.3.5");
  expect(sim.version).toBe(real.version);
  expect(sim.capability).toEqual(real.capability);
  expect(Object.values(sim.curveKeyPair()).map((key) => key.length)).toEqual([40, 40]);
});

/** Every property of a class and of what it extends: "get set", "get", "set" or "method". */
function shapeOf(type: { readonly prototype: object }): Record<string, string> {
  const shape: Record<string, string> = {};
  for (let at: object | null = type.prototype; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      const access = [get === undefined ? "" : "get", set === undefined ? "" : "set"].join(" ").trim();
      shape[name] ??= access === "" ? "method" : access;
    }
  }
  return shape;
}

const classes = [...named(real), ...named(realDraft)].filter((name) => /^[A-Z]/.test(name));
const of = (name: string, modules: readonly object[]): Class =>
  Object.assign({}, ...modules.map((module) => ({ ...module })))[name] as Class;

describe.each(classes)("%s", (name) => {
  const mine = of(name, [sim, simDraft]);
  const theirs = of(name, [real, realDraft]);

  test("has the same methods and properties", () => expect(shapeOf(mine)).toEqual(shapeOf(theirs)));

  test("has the same defaults", async () => {
    if (["Socket", "Observer", "Proxy"].includes(name)) return;
    const options = Object.entries(shapeOf(theirs)).flatMap(([option, access]) =>
      access.startsWith("get") && option !== "events" && option !== "context" ? [option] : [],
    );
    const values = (type: Class) => {
      const object = new type() as unknown as Record<string, unknown>;
      const read = options.map((option) => {
        try {
          return [option, object[option]];
        } catch (error) {
          return [option, (error as { code: string }).code];
        }
      });
      (object as unknown as { close?(): void }).close?.();
      return Object.fromEntries(read) as Record<string, unknown>;
    };
    const { value } = await simulate(() => values(mine));
    expect(value).toEqual(values(theirs));
  });
});
