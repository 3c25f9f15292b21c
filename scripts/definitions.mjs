/**
 * Constants that bundles and tests are given: the version, and the known departures from libzmq, read
 * from the comments that declare them: `DIFFERS(name): what and why.`
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** From the tag to the end of its comment, a blank comment line, the next tag, or the citation of its test. */
const TAG =
  /\bDIFFERS\(([\w-]+)\):([\s\S]*?)(?=\*\/|\n\s*(?:\*|\/\/)?[ \t]*\n|\n\s*(?!\s*\*|\s*\/\/)\S|\bDIFFERS\(|\bTests?:)/g;

/** Sorted by name: {name, text, file}. */
export function departures() {
  const found = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .flatMap((name) => {
      const text = readFileSync(join(ROOT, "src", name), "utf8");
      return [...text.matchAll(TAG)].map(([, tag, body]) => ({
        name: tag,
        text: sentence(body),
        file: name.replaceAll("\\", "/"),
      }));
    });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const sentence = (body) =>
  body
    .replace(/\n\s*(\*|\/\/)/g, " ")
    .replace(/\s+/g, " ")
    .trim();

/** What bundles and tests are told at build time. */
export function definitions() {
  const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const listed = departures().map(({ name, text }) => ({ name, text }));
  return { SIM_VERSION: JSON.stringify(version), SIM_DEPARTURES: JSON.stringify(listed) };
}
