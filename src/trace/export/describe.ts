/** One trace event in words, for timelines. */
import type { CallEvent, NetEvent, NodeEvent, PipeEvent, ThreadEvent, TraceEvent } from "../../journal/events.ts";
import type { Duration } from "../../kernel/time.ts";
import { formatTime } from "../../kernel/time.ts";

/** Who did it: the socket when there is one, else the thread, node or link. */
export function actorOf(event: TraceEvent): string {
  switch (event.ev) {
    case "node":
      return event.node;
    case "call":
    case "block":
      return isOne(event.socket) ? event.socket : event.thread;
    case "log":
    case "thread":
      return event.thread;
    case "net":
      return `${event.from} > ${event.to}`;
    default:
      return event.socket;
  }
}

/** A poll and a proxy name all their sockets. */
function isOne(socket: string | undefined): socket is string {
  return socket !== undefined && !socket.includes(",");
}

/** The message an event is about. */
export function messageOf(event: TraceEvent): string | undefined {
  switch (event.ev) {
    case "call":
    case "queue":
    case "arrive":
    case "fate":
    case "skip":
      return event.message;
    default:
      return undefined;
  }
}

export function describeEvent(event: TraceEvent): string {
  switch (event.ev) {
    case "node":
      return describeNode(event);
    case "socket":
      return event.what === "open" ? `opens${event.type === undefined ? "" : ` as ${event.type}`}` : "closes";
    case "call":
      return describeCall(event);
    case "block":
      return isOne(event.socket) || event.socket === undefined
        ? `waits in ${event.call}`
        : `waits in ${event.call} on ${event.socket}`;
    case "queue":
      return `-> ${event.peer}: ${event.message}${depth(event.depth)}`;
    case "arrive":
      return `<- ${event.peer}: ${event.message}${depth(event.depth)}`;
    case "fate":
      return `${event.message} ends: ${event.fate}${event.peer === undefined ? "" : `, for ${event.peer}`}${event.where === undefined ? "" : `, in ${event.where}`}`;
    case "skip":
      return `${event.message} not for ${event.peers.join(", ")}: no subscription`;
    case "pipe":
      return describePipe(event);
    case "subscription":
      return `${event.add ? "learns that" : "forgets that"} ${event.peer} wants ${event.topic === "" ? "everything" : `"${event.topic}"`}`;
    case "monitor":
      return `${event.event} ${event.value} ${event.endpoint}`;
    case "net":
      return describeNet(event);
    case "log":
      return `says: ${oneLine(event.text)}`;
    case "thread":
      return describeThread(event);
  }
}

function describeNode(event: NodeEvent): string {
  switch (event.what) {
    case "start":
      return "starts";
    case "exit":
      return `exits${event.code === undefined ? "" : ` with code ${event.code}`}`;
    case "crash":
      return "crashes";
    case "restart":
      return "restarts";
  }
}

function describeCall(event: CallEvent): string {
  let text = event.call;
  if (event.arg !== undefined) text += ` ${event.arg === "" ? '""' : event.arg}`;
  if (event.message !== undefined) text += ` ${event.message}`;
  if (event.frames !== undefined) text += ` ${event.frames.map((frame) => `"${frame}"`).join(" ")}`;
  if (event.result !== "ok") text += ` = ${event.result}`;
  if (event.waited !== undefined) text += `, after waiting ${formatTime(event.waited as Duration)}`;
  return oneLine(text);
}

function describePipe(event: PipeEvent): string {
  switch (event.what) {
    case "attach":
      return `has a pipe to ${event.peer}`;
    case "full":
      return `pipe to ${event.peer} is full`;
    case "room":
      return `pipe to ${event.peer} has room again`;
    case "hiccup":
      return `pipe to ${event.peer} begins anew after a reconnect`;
    case "end":
      return `pipe to ${event.peer} ends`;
  }
}

function describeNet(event: NetEvent): string {
  return event.bytes === undefined ? event.what : `${event.what} ${event.bytes} bytes`;
}

function describeThread(event: ThreadEvent): string {
  if (event.what !== "fail") return event.what === "start" ? "begins its program" : "ends its program";
  return `fails: ${event.error ?? "error"}${event.pointer === undefined ? "" : ` at ${event.pointer}`}`;
}

function depth(count: number): string {
  return ` (${count} in pipe)`;
}

/** Control characters and line separators would break the line. */
function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
