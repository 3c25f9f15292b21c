/** What did not arrive and why: a sentence per cause, with the number of messages that share it. */
import { withoutIndices } from "../scenario/names.ts";
import { type ExplainContext, explain } from "./explain.ts";
import type { Analysis, MessageFates } from "./fates.ts";
import { rangesText } from "./outcome.ts";
import type { Delivery } from "./resolve.ts";
import { cut, plural, type Style, wrap } from "./text.ts";

interface Cause {
  readonly message: MessageFates;
  readonly delivery: Delivery;
  /** Messages by origin, the first one included. */
  readonly numbers: Map<string, number[]>;
  count: number;
}

export interface LossOptions extends ExplainContext {
  /** Most sentences. Default 10. */
  readonly causesMax?: number;
}

/** Lines, empty when everything arrived. */
export function lossLines(analysis: Analysis, style: Style, options: LossOptions = {}): string[] {
  const { causesMax = 10 } = options;
  const causes = collect(analysis);
  const lines = causes.slice(0, causesMax).flatMap((cause) => causeLines(analysis, cause, style, options));
  const rest = causes.slice(causesMax);
  if (rest.length > 0) {
    const count = rest.reduce((sum, cause) => sum + cause.count, 0);
    lines.push(style.dim(`  ... and ${plural(rest.length, "more cause")}, ${plural(count, "message")}`));
  }
  return lines;
}

/** Losses first, in order of their first message; what is merely queued at the end comes last. */
function collect(analysis: Analysis): Cause[] {
  const causes = new Map<string, Cause>();
  for (const message of analysis.messages) {
    for (const delivery of message.deliveries) {
      if (delivery.fate === "delivered") continue;
      const key = [delivery.fate, message.origin, delivery.at, delivery.peer ?? "", delivery.where ?? ""]
        .map(withoutIndices)
        .join(" ");
      let cause = causes.get(key);
      if (cause === undefined) causes.set(key, (cause = { message, delivery, numbers: new Map(), count: 0 }));
      cause.count++;
      const numbers = cause.numbers.get(message.origin);
      if (numbers === undefined) cause.numbers.set(message.origin, [message.number]);
      else numbers.push(message.number);
    }
  }
  const all = [...causes.values()];
  return [
    ...all.filter((cause) => cause.delivery.fate !== "queued"),
    ...all.filter((cause) => cause.delivery.fate === "queued"),
  ];
}

function causeLines(analysis: Analysis, cause: Cause, style: Style, options: LossOptions): string[] {
  const lines = wrap(explain(analysis, cause.message, cause.delivery, options), "  ", "    ");
  if (cause.count === 1) return lines;
  return [...lines, style.dim(cut(`    ... and ${cause.count - 1} more like this: ${which(cause)}`))];
}

function which(cause: Cause): string {
  const origins = [...cause.numbers];
  if (origins.length > 2) return `from ${origins.length} senders`;
  const others = (origin: string, numbers: readonly number[]): readonly number[] =>
    origin === cause.message.origin ? numbers.filter((number) => number !== cause.message.number) : numbers;
  return origins
    .map(([origin, numbers]) => [origin, rangesText(others(origin, numbers))] as const)
    .filter(([, text]) => text !== "")
    .map(([origin, text]) => `${origin}#${text}`)
    .join(", ");
}
