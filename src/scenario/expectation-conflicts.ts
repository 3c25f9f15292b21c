/** Expectations that no run can meet together. */
import type { Expectation, FlowExpectation, Range } from "./expectation.ts";
import type { Report } from "./report.ts";

export function reportContradictions(expectations: readonly Expectation[], report: Report): void {
  // What holds only in a part of the runs contradicts nothing.
  const certain = expectations.filter(({ probability }) => probability === undefined);
  for (const one of certain) if (one.kind === "flow") checkSum(one, report);
  for (const [at, later] of certain.entries()) {
    const earlier = certain.slice(0, at).find((one) => contradict(one, later));
    if (earlier === undefined) continue;
    report.error(later.pointer, "ZS510", `this contradicts ${earlier.pointer}: ${earlier.text}`, {
      hint: "no run can meet both",
    });
  }
}

const COUNTS = ["sent", "delivered", "lost", "queued"] as const;

/** Every message sent is delivered, lost or queued. */
function checkSum(flow: FlowExpectation, report: Report): void {
  const parts = [flow.delivered, flow.lost, flow.queued];
  const least = parts.reduce((sum, range) => sum + (range?.min ?? 0), 0);
  const most = parts.reduce((sum, range) => sum + (range === undefined ? Infinity : (range.max ?? Infinity)), 0);
  const { min = 0, max = Infinity } = flow.sent ?? {};
  if (flow.sent === undefined || (least <= max && most >= min)) return;
  report.error(flow.pointer, "ZS510", "delivered, lost and queued cannot add up to sent");
}

function contradict(a: Expectation, b: Expectation): boolean {
  switch (b.kind) {
    case "flow":
      return a.kind === "flow" && same(a, b, ["from", "to", "by"]) && COUNTS.some((key) => disjoint(a[key], b[key]));
    case "message":
      if (a.kind === "never") return a.never === b.fate && a.from === undefined && a.to === undefined;
      return a.kind === "message" && same(a, b, ["message", "to"]) && a.fate !== b.fate;
    case "never":
      return a.kind === "message" && a.fate === b.never && b.from === undefined && b.to === undefined;
    case "queue":
      return a.kind === "queue" && same(a, b, ["from", "to", "after", "by"]) && disjoint(a.depth, b.depth);
    case "blocked":
      return (
        a.kind === "blocked" && same(a, b, ["thread", "call", "socket", "by", "longerThan"]) && a.blocked !== b.blocked
      );
    case "ends":
      return a.kind === "ends" && same(a, b, ["thread", "by"]) && a.ends !== b.ends;
    case "stuck":
      return a.kind === "stuck" && same(a, b, ["thread"]) && a.stuck !== b.stuck;
    case "receives":
      return (
        a.kind === "receives" && same(a, b, ["socket"]) && JSON.stringify(a.receives) !== JSON.stringify(b.receives)
      );
    case "calls":
      return (
        a.kind === "calls" && same(a, b, ["socket", "call"]) && JSON.stringify(a.results) !== JSON.stringify(b.results)
      );
    case "log":
      return (
        a.kind === "log" && same(a, b, ["thread", "log"]) && disjoint(a.count ?? { min: 1 }, b.count ?? { min: 1 })
      );
    default:
      return false;
  }
}

const same = <E extends Expectation>(a: E, b: E, keys: readonly (keyof E)[]): boolean =>
  keys.every((key) => a[key] === b[key]);

function disjoint(a: Range | undefined, b: Range | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return (a.min ?? 0) > (b.max ?? Infinity) || (b.min ?? 0) > (a.max ?? Infinity);
}
