/** Servers that ask a ZAP handler whom to let in, and whether there is one. */
import { NO_SECURITY, type SecurityOptions } from "../ctx/options.ts";
import type { PlanNode, PlanOption } from "../program/plan.ts";
import type { Value } from "../program/value.ts";
import { setSecurity } from "../socket/security-options.ts";
import type { ThreadUses } from "./nodes.ts";
import type { Report } from "./report.ts";
import { staticText } from "./texts.ts";

const ZAP = "inproc://zeromq.zap.01";

export function checkZap(threads: readonly ThreadUses[], report: Report): void {
  const answered = new Set(threads.filter(mayAnswer).map(({ node }) => node));
  for (const { node, thread, uses, values } of threads) {
    for (const { name, options } of thread.sockets) {
      const pointer = uses.find(({ socket }) => socket === name)?.pointer;
      if (pointer !== undefined) checkServer(node, securityOf(options, values), answered.has(node), pointer, report);
    }
  }
}

/** A module, or a bind to an address that is not known before the run, may be a handler. */
const mayAnswer = ({ node, uses, values }: ThreadUses): boolean =>
  node.module !== undefined ||
  uses.some(({ kind, template }) => kind === "bind" && (staticText(template, values) ?? ZAP) === ZAP);

/** What the declared options make of it, one after the other. */
function securityOf(options: readonly PlanOption[], values: ReadonlyMap<string, Value>): SecurityOptions {
  let security = NO_SECURITY;
  for (const { name, value } of options) {
    const given = typeof value === "number" ? value : (staticText(value, values) ?? "x");
    const changed = setSecurity(security, name, given);
    if (typeof changed === "object") security = changed;
  }
  return security;
}

function checkServer(
  node: PlanNode,
  { mechanism, asServer, zapDomain, zapEnforceDomain }: SecurityOptions,
  answered: boolean,
  pointer: string,
  report: Report,
): void {
  const plain = mechanism === "PLAIN" && asServer;
  if (plain && zapEnforceDomain && zapDomain === "") {
    report.once(
      pointer,
      "ZS514",
      "libzmq aborts here: zap_enforce_domain wants a zap_domain from a PLAIN server",
      {},
      "warning",
    );
  }
  if (answered || (!plain && !(zapEnforceDomain && zapDomain !== ""))) return;
  const message = `no socket of node "${node.name}" is bound to ${ZAP}: nobody will be let in`;
  report.once(pointer, "ZS513", message, { hint: "a REP or ROUTER there says who may come in" }, "warning");
}
