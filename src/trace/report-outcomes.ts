/** The text of a run over many seeds: every distinct outcome, how often, and a seed that shows it. */
import type { OutcomeShare } from "./outcome.ts";
import { PLAIN, plural, type Style, wrap } from "./text.ts";

export interface OutcomesInput {
  readonly scenario: string;
  readonly runs: number;
  readonly shares: readonly OutcomeShare[];
  /** How many outcomes there are in full detail, when the shares are of summaries. */
  readonly distinct?: number;
  /** Command that shows one run; gets the seed. */
  readonly reproduce?: (seed: string) => string;
}

/** Most outcomes shown; when there are more, summaries are. */
export const OUTCOMES_MAX = 20;
/** Most lines of one outcome. */
const LINES_MAX = 12;

export function outcomesText(input: OutcomesInput, style: Style = PLAIN): string {
  const { scenario, runs, shares, distinct, reproduce } = input;
  const lines = [
    `${style.bold(scenario)}: ${plural(distinct ?? shares.length, "distinct outcome")} in ${plural(runs, "run")}`,
  ];
  if (distinct !== undefined)
    lines.push(`${shares.length} when replicas are taken together and messages only counted:`);
  for (const share of shares.slice(0, OUTCOMES_MAX)) {
    const show = reproduce === undefined ? `seed ${share.seed}` : reproduce(share.seed);
    lines.push(
      "",
      `${style.bold(percent(share.share).padStart(6))}  ${plural(share.count, "run")}${style.dim(`, for instance ${show}`)}`,
    );
    lines.push(...share.lines.slice(0, LINES_MAX).flatMap((line) => wrap(line, "        ", "          ")));
    if (share.lines.length > LINES_MAX)
      lines.push(style.dim(`        ... and ${plural(share.lines.length - LINES_MAX, "more line")}`));
    if (share.lines.length === 0) lines.push(style.dim("        no message that anybody wanted"));
  }
  if (shares.length > OUTCOMES_MAX)
    lines.push("", style.dim(`... and ${plural(shares.length - OUTCOMES_MAX, "more outcome")}`));
  return `${lines.join("\n")}\n`;
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value === 100 || value === 0 ? value : value.toFixed(1)} %`;
}
