/** The first difference of two traces. */
import { expect, test } from "vitest";
import { differenceText, firstDifference } from "../../src/trace/compare-lines.ts";

test("equal traces have none", () => expect(firstDifference(["a", "b"], ["a", "b"])).toBeUndefined());

test("the differing line comes with the common lines before and both continuations", () => {
  const difference = firstDifference(["1", "2", "3", "abc", "5", "6"], ["1", "2", "3", "abd", "5", "7"], 2);
  expect(difference).toEqual({ line: 4, before: ["2", "3"], first: ["abc", "5", "6"], second: ["abd", "5", "7"] });
  expect(differenceText(difference!)).toBe(`The traces differ in line 4, column 3.
    2  2
    3  3
  first run:
  > 4  abc
    5  5
    6  6
  second run:
  > 4  abd
    5  5
    6  7
`);
});

test("one that ends early differs where it ends", () => {
  const difference = firstDifference(["a", "b"], ["a"]);
  expect(difference).toEqual({ line: 2, before: ["a"], first: ["b"], second: [] });
  expect(differenceText(difference!)).toContain("  second run:\n  > 2  (ends here)\n");
});
