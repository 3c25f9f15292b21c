/** The forms in which `sim trace` shows a run, and the part of it that is asked for. */
import { chromeTrace } from "../trace/export/chrome.ts";
import { mermaid } from "../trace/export/mermaid.ts";
import { passes, type TimelineFilter, timelineLines } from "../trace/export/timeline.ts";
import { type Analysis, analyze } from "../trace/fates.ts";
import { parseTrace, type Trace, TraceError, traceLines } from "../trace/format.ts";
import { Failure } from "./failure.ts";
import { linesInChunks } from "./files.ts";

export function readTrace(text: string, file: string): Trace {
  try {
    return parseTrace(text);
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    throw new Failure(`${file}:${error.line}: ${error.message.replace(/^line \d+: /, "")}`);
  }
}

/** A run and the events of it that are to be shown. */
export interface Part {
  readonly whole: Trace;
  readonly shown: Trace;
}

export function partOf(whole: Trace, filter: TimelineFilter): Part {
  const events = whole.events.filter((event) => passes(event, filter));
  return { whole, shown: { header: whole.header, events } };
}

/** Chunks of text for each form. */
export const FORMS: Readonly<Record<"text" | "jsonl" | "mermaid" | "chrome", (part: Part) => Iterable<string>>> = {
  text: ({ shown }) => linesInChunks(timelineLines(shown.events)),
  jsonl: ({ shown }) => traceChunks(shown),
  mermaid: (part) => [mermaid(analysisOf(part), part.shown.events)],
  chrome: (part) => [chromeTrace(analysisOf(part), part.shown.events)],
};

export const traceChunks = (trace: Trace): Iterable<string> => linesInChunks(traceLines(trace));

/** Of the whole run, since a part need not add up; with the messages that the shown events speak of. */
function analysisOf({ whole, shown }: Part): Analysis {
  const analysis = analyze(whole.header, whole.events);
  if (shown.events.length === whole.events.length) return analysis;
  const spoken = new Set(shown.events.map((event) => ("message" in event ? event.message : undefined)));
  return { ...analysis, messages: analysis.messages.filter(({ name }) => spoken.has(name)) };
}
