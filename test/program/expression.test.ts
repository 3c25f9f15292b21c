/** The expression language: values, errors with their offset, draws, speed-relevant constants. */
import { describe, expect, test } from "vitest";
import {
  compileExpression,
  compileTemplate,
  ExpressionError,
  evaluateCondition,
  type Scope,
} from "../../src/program/expression.ts";
import { splitTemplate } from "../../src/program/template.ts";
import { type FrameValue, formatValue, type MessageValue, type Value } from "../../src/program/value.ts";

const frame = (text: string): FrameValue => ({ kind: "frame", size: text.length, text });
const msg: MessageValue = { kind: "message", frames: [frame("id"), frame(""), frame("body")] };

/** Draws that count: 0, 0.25, 0.5, 0.75, 0, ... */
function scope(variables: Readonly<Record<string, Value>> = {}): Scope {
  let draw = 0;
  return { get: (name) => variables[name], random: { float: () => (draw++ % 4) / 4 } };
}
const VARIABLES = { i: 3, name: "ann", msg, list: [1, 2], ready: { front: true, "back-end": false }, nothing: null };
const evaluate = (source: string): Value => compileExpression(source).evaluate(scope(VARIABLES));

test.each([
  ["i", 3],
  [" i ", 3],
  ["42", 42],
  ["1 + 2 * 3", 7],
  ["(1 + 2) * 3", 9],
  ["7 / 2", 3.5],
  ["7 % 3", 1],
  ["-1 % 3", 2],
  ["floor(7 / 2)", 3],
  ["-i", -3],
  ["i == 3 && !(i > 3) || false", true],
  ["i >= 3 ? 'big' : 'small'", "big"],
  ["name + '#' + i", "ann#3"],
  ["'0.1 + 0.2 = ' + (0.1 + 0.2)", "0.1 + 0.2 = 0.3"],
  ["[1, 2] + [i]", [1, 2, 3]],
  ["list == [1, 2]", true],
  ["msg[0] == 'id'", true],
  ["'id' == msg[0]", true],
  ["msg[0] + 'x'", "idx"],
  ["msg[-1] == 'body'", true],
  ["msg.frames[2].size", 4],
  ["size(msg)", 3],
  ["size(msg[2])", 4],
  ["size(rest(msg))", 2],
  ["size(frames(msg, 1, 2))", 1],
  ["msg == ['id', '', 'body']", true],
  ["msg == msg.frames", true],
  ["ready.front", true],
  ["ready['back-end']", false],
  ["nothing == null", true],
  ["int('12') + int(3.9)", 15],
  ["number('1.5')", 1.5],
  ["string(1.0)", "1"],
  ["string(msg)", "id||body"],
  ["contains(list, 2)", true],
  ["contains(name, 'nn')", true],
  ["startsWith(msg[2], 'bo')", true],
  ["join(split('a,b', ','), '+')", "a+b"],
  ["slice('hello', 1, 3)", "el"],
  ["range(3)", [0, 1, 2]],
  ["min(3, 1, 2) + max([4, 5])", 6],
  ["'a' < 'b'", true],
  ["9007199254740991 - 1", 9007199254740990],
])("%s", (source, value) => {
  expect(evaluate(source)).toEqual(value);
});

test.each([
  ["", 0, "an expression is missing here"],
  ["1 +", 3, 'a value is missing after "+"'],
  ["(1 + 2", 6, 'a ")" is missing'],
  ["[1, 2", 5, 'a "]" is missing'],
  ["'abc", 4, "this text has no closing quote"],
  ["a b", 2, "one expression is wanted here, these are several"],
  ["i = 3", 2, 'unexpected "="; "==" compares, a set step assigns'],
  ["i === 3", 6, '"===" is not part of the language; use "=="'],
  ["2 ** 3", 5, '"**" is not part of the language'],
  ["msg?.frames", 5, '"?." is not part of the language'],
  ["this", 0, '"this" is not part of the language'],
  ["nope(1)", 0, 'unknown function "nope"'],
  ["constructor(1)", 0, 'unknown function "constructor"'],
  ["randint(1)", 0, "randint(lo, hi) is called with 1 argument"],
  ["1e999", 0, "the number is too large"],
  ["int('x')", 0, 'int(x): "x" is not a number'],
])("malformed: %s", (source, offset, message) => {
  expect(() => compileExpression(source)).toThrow(
    expect.objectContaining({ name: "ExpressionError", message, offset }),
  );
});

test.each([
  ["missing + 1", 0, '"missing" has no value yet'],
  ["1 + (i / (i - 3))", 9, "division by zero"],
  ["i ? 1 : 2", 0, "a condition is true or false, found the number 3"],
  ["!name", 1, 'a condition is true or false, found the text "ann"'],
  ["name * 2", 0, 'a number is wanted here, found the text "ann"; number(...) converts a text'],
  ["list[2]", 5, "there is no item 2: a list of 2"],
  ["list[0.5]", 5, "there is no item 0.5: a list of 2"],
  ["msg.kind", 4, 'a message has no member "kind"'],
  ["ready.toString", 6, 'an object has no member "toString"'],
  ["list.length", 5, 'a list has no member "length"'],
  ["i + nothing", 0, '"+" adds numbers, texts or lists, found the number 3 and null'],
  ["name < 3", 0, 'only two numbers or two texts have an order, found the text "ann" and the number 3'],
  ["int(name)", 0, 'int(x): "ann" is not a number'],
  ["choice(rest(list, 5))", 0, "choice(list): choice of an empty list"],
])("fails: %s", (source, offset, message) => {
  const expression = compileExpression(source);
  expect(() => expression.evaluate(scope(VARIABLES))).toThrow(
    expect.objectContaining({ name: "ExpressionError", message, offset }),
  );
});

test.each([
  { what: "brackets", source: "(".repeat(100), message: "the expression is nested too deeply" },
  { what: "prefixes", source: `${"!".repeat(100)}i`, message: "the expression is nested too deeply" },
  { what: "characters", source: "1+".repeat(3000), message: "the expression is longer than 4096 characters" },
])("too many $what are refused", ({ source, message }) => {
  expect(() => compileExpression(source)).toThrow(message);
});

test("the longest sum that is allowed can be evaluated", () => {
  expect(evaluate(`i${"+1".repeat(2047)}`)).toBe(2050);
});

test("names the variables it reads and whether it draws", () => {
  const { variables, draws } = compileExpression("i + size(msg) * i");
  expect(variables).toEqual([
    { name: "i", offset: 0 },
    { name: "msg", offset: 9 },
  ]);
  expect(draws).toBe(false);
  expect(compileExpression("randint(1, 6)").draws).toBe(true);
});

test("draws come from the scope, one for each call", () => {
  // Draws 0, 0.25, 0.5, 0.75: randint takes the lowest, then the second of four, ...
  const all = compileExpression("[randint(1, 4), randint(1, 4), choice(['a', 'b', 'c', 'd']), random()]");
  expect(all.evaluate(scope())).toEqual([1, 2, "c", 0.75]);
  expect(compileExpression("[exponential(10), exponential(10)]").evaluate(scope())).toEqual([
    0,
    expect.closeTo(2.8768207, 6),
  ]);
});

test("&& and || and ?: leave the other side alone", () => {
  expect(evaluate("i == 3 || missing")).toBe(true);
  expect(evaluate("i != 3 && missing")).toBe(false);
  expect(evaluate("i == 3 ? 1 : missing")).toBe(1);
});

test("a condition is a boolean", () => {
  expect(evaluateCondition(compileExpression("i == 3"), scope(VARIABLES))).toBe(true);
  expect(() => evaluateCondition(compileExpression("i"), scope(VARIABLES))).toThrow(ExpressionError);
});

describe("templates", () => {
  const run = (text: string): string => compileTemplate(splitTemplate(text).parts).evaluate(scope(VARIABLES));

  test.each([
    ["plain", "plain"],
    ["", ""],
    ["request #${i}", "request #3"],
    ["${i}${i}", "33"],
    ["$${i} costs $5", "${i} costs $5"],
    ["${'}'} and ${name + '\\'}'}", "} and ann'}"],
    ["got ${msg}", "got id||body"],
    ["${list} ${ready} ${nothing}", '[1,2] {"front":true,"back-end":false} null'],
    ["${1 / 3}ms", "0.333333333333333ms"],
  ])("%s", (text, result) => {
    expect(run(text)).toBe(result);
  });

  test("text without variables is known ahead", () => {
    expect(compileTemplate(splitTemplate("a ${1 + 1}").parts).constant).toBe("a 2");
    expect(compileTemplate(splitTemplate("a ${i}").parts).constant).toBeUndefined();
    expect(compileTemplate(splitTemplate("a ${random()}").parts).constant).toBeUndefined();
  });

  test("an open ${ is a problem at its place", () => {
    expect(splitTemplate("a ${b").problem).toEqual({ message: 'this "${" has no closing "}"', offset: 2 });
  });
});

test("numbers read as people write them", () => {
  expect([0.1 + 0.2, 1e21, -0, 1 / 3, 1e-7].map(formatValue)).toEqual([
    "0.3",
    "1e+21",
    "0",
    "0.333333333333333",
    "1e-7",
  ]);
});
