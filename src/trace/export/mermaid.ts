/**
 * The run as a Mermaid sequence diagram: a lifeline per socket, boxed by node; an arrow per leg,
 * dotted with a cross and the reason where a message was lost.
 */

import type { TraceEvent } from "../../journal/events.ts";
import { FATES } from "../../journal/fates.ts";
import type { Analysis, MessageFates } from "../fates.ts";
import { type EndFate, type Hop, type Leg, legsOf } from "../legs.ts";
import { nodeOf } from "../names.ts";
import { milliseconds } from "./timeline.ts";

export interface MermaidOptions {
  /** Most arrows; what is left out is announced in the diagram. Default 150. */
  readonly arrowsMax?: number;
  /** Draws subscriptions where publishers learn them, and crashes. Default true. */
  readonly turns?: boolean;
}

interface Arrow {
  readonly t: number;
  readonly from: string;
  readonly to: string;
  /** Mermaid's arrow. */
  readonly shape: "->>" | "--x" | "--)" | "-->>";
  readonly label: string;
}

interface Note {
  readonly t: number;
  readonly node: string;
  readonly text: string;
}

export function mermaid(analysis: Analysis, events: readonly TraceEvent[], options: MermaidOptions = {}): string {
  const { arrowsMax = 150, turns = true } = options;
  // At the same instant a subscription comes first: the send that follows finds it.
  const arrows = turns ? subscriptionArrows(analysis, events) : [];
  for (const message of analysis.messages) arrows.push(...messageArrows(message));
  arrows.sort((a, b) => a.t - b.t);
  const shown = arrows.slice(0, arrowsMax);
  const until = shown.length < arrows.length ? (shown.at(-1)?.t ?? 0) : Infinity;
  const notes = turns ? lifeNotes(events).filter((note) => note.t <= until) : [];
  const names = lifelines(shown);
  const lines = ["sequenceDiagram", ...boxes(names)];
  const omitted = arrows.length - shown.length;
  if (omitted > 0) lines.push(noteOver(names, `${shown.length} of ${arrows.length} arrows are shown`));
  lines.push(...body(shown, notes, names));
  if (omitted > 0) lines.push(noteOver(names, `${omitted} more arrows are not shown`));
  return `${lines.join("\n")}\n`;
}

function body(arrows: readonly Arrow[], notes: readonly Note[], names: ReadonlyMap<string, string>): string[] {
  const lines: string[] = [];
  let next = 0;
  const flush = (t: number): void => {
    for (; next < notes.length && notes[next]!.t <= t; next++) {
      const alias = [...names].find(([socket]) => nodeOf(socket) === notes[next]!.node)?.[1];
      if (alias !== undefined) lines.push(`  Note over ${alias}: ${escapeText(notes[next]!.text)}`);
    }
  };
  for (const arrow of arrows) {
    flush(arrow.t);
    lines.push(`  ${names.get(arrow.from)}${arrow.shape}${names.get(arrow.to)}: ${escapeText(arrow.label)}`);
  }
  flush(Infinity);
  return lines;
}

function messageArrows(message: MessageFates): Arrow[] {
  const arrows: Arrow[] = [];
  const drawn = new Set<string>();
  for (const leg of legsOf(message.root)) {
    arrows.push(legArrow(message, leg));
    if (leg.end !== "delivered") drawn.add(`${leg.from.socket} ${leg.to}`);
  }
  // Losses without a leg: the message never entered a pipe towards that peer.
  for (const { fate, at, peer, receiver, t, where } of message.deliveries) {
    const to = peer ?? (receiver.includes(".") ? receiver : at);
    const key = `${at} ${to}`;
    if (fate === "delivered" || where === "program" || drawn.has(key)) continue;
    drawn.add(key);
    arrows.push({
      t,
      from: at,
      to,
      shape: fate === "queued" ? "--)" : "--x",
      label: `${shortName(message, at)} ${fateText(fate)} (${clock(t)})`,
    });
  }
  return arrows;
}

function legArrow(message: MessageFates, leg: Leg): Arrow {
  const { from, to, queuedAt: t, endAt } = leg;
  const name = shortName(message, from.socket);
  if (leg.end === "delivered")
    return {
      t,
      from: from.socket,
      to,
      shape: "->>",
      label: `${name}${preview(message, from)} (${clock(t)} to ${clock(endAt)})`,
    };
  const queued = leg.end === undefined || leg.end === "queued";
  return {
    t,
    from: from.socket,
    to,
    shape: queued ? "--)" : "--x",
    label: `${name} ${fateText(leg.end ?? "queued")} (${clock(t)})`,
  };
}

/** Only at the origin, so that the text is said once. */
function preview(message: MessageFates, hop: Hop): string {
  const frame = hop === message.root ? message.frames?.at(-1) : undefined;
  if (frame === undefined || frame === "") return "";
  return ` "${frame.length > 24 ? `${frame.slice(0, 23)}…` : frame}"`;
}

function shortName(message: MessageFates, socket: string): string {
  return socket === message.origin ? `#${message.number}` : message.name;
}

function fateText(fate: EndFate): string {
  if (fate === "queued") return "still queued at the end";
  return fate === "unknown" || !(fate in FATES) ? "lost" : `lost: ${fate}`;
}

function subscriptionArrows(analysis: Analysis, events: readonly TraceEvent[]): Arrow[] {
  // When a pipe ends, so do its subscriptions; that is no news.
  const ends = new Set(
    events.flatMap((one) => (one.ev === "pipe" && one.what === "end" ? [`${one.t} ${one.socket} ${one.peer}`] : [])),
  );
  return events.flatMap((event) => {
    if (event.ev !== "subscription" || ends.has(`${event.t} ${event.socket} ${event.peer}`)) return [];
    const what = event.topic === "" ? "everything" : `"${event.topic}"`;
    const from = analysis.topology.resolve(event.socket, event.peer);
    return [
      {
        t: event.t,
        from,
        to: event.socket,
        shape: "-->>" as const,
        label: `${event.add ? "subscribe" : "unsubscribe"} ${what} (${clock(event.t)})`,
      },
    ];
  });
}

function lifeNotes(events: readonly TraceEvent[]): Note[] {
  return events.flatMap((event) =>
    event.ev === "node" && (event.what === "crash" || event.what === "restart")
      ? [
          {
            t: event.t,
            node: event.node,
            text: `${event.node} ${event.what === "crash" ? "crashes" : "restarts"} (${clock(event.t)})`,
          },
        ]
      : [],
  );
}

/** Socket -> alias, nodes together, in the order in which messages first pass. */
function lifelines(arrows: readonly Arrow[]): Map<string, string> {
  const byNode = new Map<string, Set<string>>();
  const meet = (socket: string): void => {
    const node = nodeOf(socket);
    if (!byNode.has(node)) byNode.set(node, new Set());
    byNode.get(node)!.add(socket);
  };
  const messages = arrows.filter((arrow) => arrow.shape !== "-->>");
  for (const { from, to } of [...messages, ...arrows]) {
    meet(from);
    meet(to);
  }
  const sockets = [...byNode.values()].flatMap((set) => [...set]);
  return new Map(sockets.map((socket, i) => [socket, `s${i}`]));
}

function boxes(names: ReadonlyMap<string, string>): string[] {
  const byNode = new Map<string, string[]>();
  for (const [socket, alias] of names) {
    const lines = byNode.get(nodeOf(socket)) ?? [];
    byNode.set(nodeOf(socket), [...lines, `participant ${alias} as ${escapeText(socket)}`]);
  }
  return [...byNode].flatMap(([node, lines]) =>
    lines.length < 2
      ? [`  ${lines[0]}`]
      : [`  box ${escapeText(node)}`, ...lines.map((line) => `    ${line}`), "  end"],
  );
}

function noteOver(names: ReadonlyMap<string, string>, text: string): string {
  const aliases = [...names.values()];
  return `  Note over ${aliases[0]}${aliases.length > 1 ? `,${aliases.at(-1)}` : ""}: ${text}`;
}

function clock(t: number): string {
  return `${milliseconds(t)} ms`;
}

/** Mermaid reads # as the begin of an entity, ; as a line end and %% as a comment; the rest is HTML. */
function escapeText(text: string): string {
  return text.replace(/[#;%<>"&{}\p{Cc}\u2028\u2029]/gu, (char) => (char === '"' ? char : `#${char.codePointAt(0)};`));
}
