/** Reports endpoints of bad form. */
import { parseEndpoint } from "./endpoint.ts";
import { didYouMean } from "./nearest.ts";
import type { Report } from "./report.ts";

/** Whether an endpoint without expressions is well formed; reports when not. */
export function checkEndpoint(text: string, pointer: string, bind: boolean, report: Report): boolean {
  const result = parseEndpoint(text, bind);
  if ("endpoint" in result) return true;
  const { code, message, offset, length, allowed, hint } = result.problem;
  const wrong = text.slice(offset, offset + length);
  report.error(pointer, code, message, {
    inside: { offset, length },
    allowed,
    hint: hint ?? (allowed && didYouMean(wrong, allowed)),
  });
  return false;
}
