/** Rules of the model and how to break them, one at a time: see mutations.mjs. */

/** `from` must occur exactly once in the file, so that a mutation never silently misses its rule. */
export const MUTATIONS = [
  {
    name: "LWM formula",
    rule: "credit comes at every (hwm + 1) / 2 reads; here hwm / 2",
    file: "src/pipe/pipe.ts",
    from: "Math.floor((hwm + 1) / 2)",
    to: "Math.floor(hwm / 2)",
  },
  {
    name: "fq swap",
    rule: "an empty pipe changes places with the last active one, which is read next; here the one after it",
    file: "src/socket/fq.ts",
    from: "  private deactivateCurrent(): void {\n    this.active--;\n    this.swap(this.current, this.active);\n    if (this.current === this.active) this.current = 0;",
    to: "  private deactivateCurrent(): void {\n    this.active--;\n    this.swap(this.current, this.active);\n    this.current = this.active === 0 ? 0 : (this.current + 1) % this.active;",
  },
  {
    name: "dist eligible region",
    rule: "who joins in the middle of a message waits for the next; here it gets the rest",
    file: "src/socket/dist.ts",
    from: "    if (this.more) {\n      this.swap(this.eligible, this.pipes.length - 1);",
    to: "    if (this.pipes.length < 0) {\n      this.swap(this.eligible, this.pipes.length - 1);",
  },
  {
    name: "XSUB refcount",
    rule: "a prefix subscribed twice goes with its second cancellation; here with the first",
    file: "src/socket/subscriptions.ts",
    from: "this.counts.set(prefix, count + 1);",
    to: "this.counts.set(prefix, 1);",
  },
  {
    name: "ROUTER handover",
    rule: "with ROUTER_HANDOVER the newcomer takes a routing id over; here it never does",
    file: "src/socket/router.ts",
    from: "if (!this.handover) return false;",
    to: "if (this.outPipes.size >= 0) return false;",
  },
  {
    name: "REQ correlate",
    rule: "with REQ_CORRELATE replies to other requests are skipped; here any id will do",
    file: "src/socket/req.ts",
    from: "if (!id.more || id.bytes !== hostOrder(this.requestId)) {",
    to: "if (!id.more) {",
  },
  {
    name: "credit per frame",
    rule: "credit counts messages; here it counts frames",
    file: "src/pipe/pipe.ts",
    from: "if (!frame.more && (frame.flags & ROUTING_ID) === 0) this.msgsRead++;",
    to: "if ((frame.flags & ROUTING_ID) === 0) this.msgsRead++;",
  },
  {
    name: "throttle",
    rule: "a send looks at its mailbox at most once a millisecond; here always",
    file: "src/socket/socket-base.ts",
    from: "    this.processCommands(true);",
    to: "    this.processCommands(false);",
  },
  {
    name: "retry backoff",
    rule: "with RECONNECT_IVL_MAX the interval doubles; here it stays",
    file: "src/session/connecter.ts",
    from: "Math.min(this.currentIvl * 2, INT_MAX)",
    to: "Math.min(this.currentIvl, INT_MAX)",
  },
  {
    name: "hiccup resend",
    rule: "after a reconnect a subscriber sends its subscriptions again; here it does not",
    file: "src/socket/sub.ts",
    from: "  protected override xhiccuped(pipe: Pipe): void {\n    this.sendSubscriptions(pipe);",
    to: "  protected override xhiccuped(pipe: Pipe): void {\n    pipe.flush();",
  },
];
