/** --set: values by path, before the scenario is checked. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileScenario } from "../../src/scenario/compile.ts";
import { formatIssues } from "../../src/scenario/issue.ts";

const text = readFileSync(join(import.meta.dirname, "good/late-joiner.json"), "utf8");
const compile = (...set: readonly string[]) => compileScenario(text, { file: "late-joiner.json", set });
const problems = (...set: readonly string[]): string => formatIssues(compile(...set).issues, text);

test("replaces values, adds missing ones, and the last one wins", () => {
  const { plan } = compile(
    "nodes.publisher.startAt=1s",
    "nodes.publisher.startAt=2s",
    "seed=7",
    "nodes.publisher.sockets.sender.options.sndhwm=10",
  );
  const publisher = plan?.nodes[2];
  expect(publisher?.startAt).toBe(2e9);
  expect(publisher?.threads[0]?.sockets[0]?.options).toEqual([{ name: "sndhwm", value: 10 }]);
  expect(plan?.seed).toBe("7");
});

test("reaches into lists, and appends", () => {
  const { plan } = compile(
    'network.links[0]={"from":"proxy","to":"publisher","latency":"1ms"}',
    "network.links[0].latency=20ms",
    "nodes.publisher.program[0].repeat=5",
  );
  expect(plan?.network.links[0]).toEqual({ from: "proxy", to: "publisher", latency: 20_000_000 });
  expect(plan?.nodes[2]?.threads[0]?.program[0]).toMatchObject({ kind: "repeat", count: { literal: 5 } });
});

test("takes an object, too; the seed option has the last word", () => {
  const { plan } = compileScenario(text, { file: "x/late-joiner.jsonc", seed: "s", set: { seed: "7", until: "1min" } });
  expect(plan).toMatchObject({ name: "late-joiner", seed: "s", until: 60e9 });
});

test("an error in a value names the assignment", () => {
  expect(
    problems("nodes.publisher.startAt=soon", "nodes.publishr.startAt=1s", "nodes.proxy.colour=red"),
  ).toMatchInlineSnapshot(`
    "--set:1:1: error ZS104: nodes.publishr.startAt=1s: there is no node "publishr" to change
      hint: did you mean "publisher"?

    --set:1:1: error ZS201: nodes.proxy.colour=red: unknown key "colour" in node "proxy"
      allowed: count, host, startAt, startJitter, ioThreads, blocky, binding, vars, sockets, program, threads

    --set:1:1: error ZS301: nodes.publisher.startAt=soon: "soon" is not a duration
      hint: a number with a unit (ns, us, ms, s, min), such as "10ms"
    "
  `);
});

test.each([
  ["nonsense", "this is not path=value"],
  ["a..b=1", '"a..b" is not a path'],
  ["seed.x=1", '"x" needs an object there'],
  ["expect[7].lost=1", "[7] is beyond the end: the list has 2"],
  ["nodes[0]=1", "[0] needs a list there"],
  ["__proto__.x=1", '"__proto__.x" is not a path'],
  ["nodes.publishr.startAt=1s", 'there is no node "publishr" to change'],
  ["nodes.publisher.sockets.sendr.options.sndhwm=1", 'there is no socket "sendr" to change'],
  ["nodes.publisher.threads.io.startAt=1s", 'there is no thread "io" to change'],
  ["nodes.publisher.vars.wanted=1", 'there is no variable "wanted" to change'],
])("%s: %s", (assignment, message) => {
  const { plan, issues } = compile(assignment);
  expect(plan).toBeNull();
  expect(issues.map((issue) => issue.message)).toEqual([`${assignment}: ${message}`]);
});

test("a misspelt name comes with the nearest one, and never adds a node", () => {
  expect(problems("nodes.publishr.startAt=1s")).toContain('hint: did you mean "publisher"?');
  expect(compile('nodes.extra={"program":[]}').plan?.nodes.at(-1)?.name).toBe("extra");
});

test("what an assignment adds by mistake is reported at --set, not at the file's first line", () => {
  expect(problems("netwrok.profile=wan")).toMatch(
    /^--set:1:1: error ZS201: netwrok\.profile=wan: unknown key "netwrok"/,
  );
});
