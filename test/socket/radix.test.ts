/** The order of subscriptions in draft builds, as npm zeromq 6.8.0 sends them to a new publisher. */
import { expect, test } from "vitest";
import { RadixOrder } from "../../src/socket/radix.ts";

function order(added: readonly string[], removed: readonly string[] = []): string[] {
  const tree = new RadixOrder();
  for (const key of added) tree.add(key);
  for (const key of removed) tree.remove(key);
  return tree.keys();
}

test("a node before its children, children in the order of their edges; a new branch comes before the old rest", () => {
  const keys = ["b", "a", "ab", "abc", "abd", "", "zz", "ac", "x", "b1", "b0"];
  expect(order(keys)).toEqual(["", "b", "b1", "b0", "a", "ab", "abc", "abd", "ac", "zz", "x"]);
});

test("the last edge takes the place of one that goes", () => {
  expect(order(["a", "b", "c", "d", "xa", "xb", "xc"], ["a", "xa"])).toEqual(["xb", "xc", "b", "c", "d"]);
});

test("nodes that are no keys any more become one with their only child", () => {
  expect(order(["abcd", "ab", "abef"], ["ab"])).toEqual(["abcd", "abef"]);
  expect(order(["abcd", "abef"], ["abcd"])).toEqual(["abef"]);
  expect(order(["abcd", "abef"], ["abcd", "abef"])).toEqual([]);
});
