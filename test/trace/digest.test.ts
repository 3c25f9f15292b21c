/** SHA-256 against the published vectors and against Node's own. */
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { Sha256, sha256 } from "../../src/journal/sha256.ts";
import { traceDigest } from "../../src/trace/digest.ts";
import { traceText } from "../../src/trace/format.ts";
import { HEADER } from "./support/builder.ts";
import { lateJoiner } from "./support/scenes.ts";

const native = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

test.each([
  { data: "", hex: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
  { data: "abc", hex: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
  {
    data: "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    hex: "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  },
  { data: "a".repeat(1_000_000), hex: "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0" },
])("FIPS 180-4 vector $hex", ({ data, hex }) => expect(sha256(data)).toBe(hex));

test("every length round the block borders", () => {
  for (let length = 0; length <= 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255);
    expect(sha256(bytes), `${length} bytes`).toBe(native(bytes));
  }
});

test("text is UTF-8, also where a slice border would cut a surrogate pair", () => {
  for (const text of ["é😀\u2028", `${"x".repeat(16383)}😀y`, "😀".repeat(20000), "lone \ud800 half"])
    expect(sha256(text)).toBe(native(text));
});

test("pieces give the same as the whole", () => {
  const hash = new Sha256();
  for (const piece of ["a", "", "bc".repeat(100), "d".repeat(63), "e".repeat(64)]) hash.update(piece);
  expect(hash.hex()).toBe(native(`a${"bc".repeat(100)}${"d".repeat(63)}${"e".repeat(64)}`));
});

test("the digest of a trace is that of its text", () => {
  const trace = { header: HEADER, events: lateJoiner().events };
  expect(traceDigest(trace)).toBe(native(traceText(trace)));
});
