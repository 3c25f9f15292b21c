/** A socket of a module program in a recording: its calls as lines of the journal. */
import { toBuffer, toFrames } from "../dropin/parts.ts";
import { type Mark, withMark } from "./mark.ts";
import type { ModuleProcess } from "./module-process.ts";
import type { RawDetail } from "./protocol.ts";
import { errorCode } from "./socket.ts";
import type { Monitor } from "./traced-monitor.ts";
import { prints, shown } from "./values.ts";

/** What of zeromq.js's sockets is used here; types differ in what they have. */
export interface AnySocket {
  readonly readable: boolean;
  readonly writable: boolean;
  readonly sendTimeout: number;
  readonly receiveTimeout: number;
  getStringOption(id: number): string | null;
}

type Call<A extends unknown[], R> = (...args: A) => R;
/** A program that sends a received message on passes the same message on. */
const receipts = new WeakMap<Buffer, { readonly receipt: number; readonly socket: TracedSocket }>();

const LAST_ENDPOINT = 32;
const SUBSCRIBE = 6;
const UNSUBSCRIBE = 7;

export class TracedSocket {
  readonly name: string;
  readonly monitor: Monitor;
  private readonly host: ModuleProcess;
  private readonly raw: AnySocket;
  private readonly type: string;
  private sent: number;
  private sending = false;
  private receiving = false;
  private open = true;

  constructor(host: ModuleProcess, raw: AnySocket, type: string, monitor: Monitor) {
    this.host = host;
    this.raw = raw;
    this.type = type;
    this.name = host.socketName(type);
    this.monitor = monitor;
    this.sent = host.marks.firstNumber;
    host.journal.write({ ev: "socket", socket: this.name, what: "open", type });
    monitor.start(this.name);
  }

  // --- messages ---

  /** zeromq.js throws at once what is wrong with the call itself; that is no event. */
  send(call: Call<[unknown, ...unknown[]], Promise<void>>, value: unknown, ...rest: unknown[]): Promise<void> {
    if (value === undefined || this.sending) return call(value, ...rest);
    const { journal, clock } = this.host;
    const buffers = toFrames(value, null).map(toBuffer);
    const detail = this.identity(value, buffers);
    const parts = this.marked(value, buffers, detail);
    const { sendTimeout } = this.raw;
    const waits = sendTimeout !== 0 && !this.raw.writable;
    const begun = clock.now();
    const result = call(parts, ...rest);
    if (waits) this.block("send", sendTimeout);
    this.sending = true;
    const over = (error: string | null): void => {
      this.sending = false;
      const t = clock.now();
      if (error !== null && detail.number !== undefined) this.sent = detail.number;
      journal.write(
        {
          ...this.about("send"),
          sizes: buffers.map(({ length }) => length),
          frames: shown(buffers),
          result: error ?? "ok",
          ...(waits ? { waited: t - begun } : {}),
          raw: { ...detail, begun, prints: prints(buffers) },
        },
        t,
      );
    };
    return this.settled(result, over);
  }

  receive(call: Call<[], Promise<unknown[]>>): Promise<unknown[]> {
    if (this.receiving) return call();
    const { clock, journal } = this.host;
    const { receiveTimeout } = this.raw;
    const waits = receiveTimeout !== 0 && !this.raw.readable;
    const begun = clock.now();
    const result = call();
    if (waits) this.block("recv", receiveTimeout);
    this.receiving = true;
    const over = (error: string | null, values: unknown[] = []): void => {
      this.receiving = false;
      const t = clock.now();
      const wait = waits ? { waited: t - begun } : {};
      if (error !== null) return journal.write({ ...this.about("recv"), result: error, ...wait }, t);
      const { buffers, mark, receipt } = this.taken(values);
      const detail: RawDetail = { receipt, prints: prints(buffers), ...(mark === undefined ? {} : { mark }) };
      const sizes = buffers.map(({ length }) => length);
      journal.write({ ...this.about("recv"), sizes, frames: shown(buffers), result: "ok", ...wait, raw: detail }, t);
    };
    return this.settled(result, over);
  }

  private identity(value: unknown, buffers: readonly Buffer[]): RawDetail {
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    const from = last instanceof Buffer ? receipts.get(last) : undefined;
    if (from !== undefined && from.socket !== this) return { receipt: from.receipt };
    if ((this.type === "XSUB" || this.type === "SUB") && (buffers.at(-1)?.[0] ?? 2) <= 1) return {};
    return { number: this.sent++ };
  }

  private marked(value: unknown, buffers: readonly Buffer[], detail: RawDetail): unknown {
    if (this.type === "ROUTER" && buffers.length < 2) return value;
    const mark = this.host.marks.toSend(this.name, detail);
    const last = buffers.at(-1);
    return mark === undefined || last === undefined ? value : [...buffers.slice(0, -1), withMark(last, mark, false)];
  }

  /** Takes the mark off, in the list that the program gets. */
  private taken(values: unknown[]): { buffers: readonly Buffer[]; mark: Mark | undefined; receipt: number } {
    const at = values.findLastIndex((value) => value instanceof Buffer);
    const found = at < 0 ? undefined : this.host.marks.read(values[at] as Buffer);
    if (found !== undefined) values[at] = found.frame;
    const buffers = values.filter((value): value is Buffer => value instanceof Buffer);
    const receipt = this.host.marks.received(found?.mark);
    if (at >= 0) receipts.set(values[at] as Buffer, { receipt, socket: this });
    return { buffers, mark: found?.mark, receipt };
  }

  // --- endpoints ---

  bind(call: Call<[string], Promise<void>>, address: string): Promise<void> {
    return this.elsewhere("bind", call, address);
  }

  unbind(call: Call<[string], Promise<void>>, address: string): Promise<void> {
    return this.elsewhere("unbind", call, address);
  }

  bindSync(call: Call<[string], void>, address: string): void {
    this.here("bind", call, address);
    this.learnPort();
  }

  /** zeromq 6.8 binds here, too. */
  unbindSync(call: Call<[string], void>, address: string): void {
    this.bindSync(call, address);
  }

  connect(call: Call<[string, ...unknown[]], void>, address: string, ...rest: unknown[]): void {
    this.here("connect", (real) => call(real, ...rest), address);
  }

  disconnect(call: Call<[string], void>, address: string): void {
    this.here("disconnect", call, address);
  }

  private elsewhere(what: "bind" | "unbind", call: Call<[string], Promise<void>>, address: string): Promise<void> {
    if (typeof address !== "string") return call(address);
    const real = this.host.endpoint(address, true);
    const result = call(what === "bind" ? real : this.host.endpoints.realForUnbind(address));
    return this.settled(
      result,
      (error) => {
        if (error === null && what === "bind") this.learnPort();
        this.host.journal.write({ ...this.about(what), arg: address, result: error ?? "ok" });
      },
      address,
    );
  }

  private here(what: string, call: Call<[string], void>, address: string): void {
    if (typeof address !== "string") return call(address);
    const real = this.host.endpoint(address, what === "bind");
    const line = (result: string): void => this.host.journal.write({ ...this.about(what), arg: address, result });
    try {
      call(real);
    } catch (error) {
      if (!isState(error)) line(errorCode(error));
      throw declared(error, address);
    }
    line("ok");
  }

  /** An ephemeral port has the same number in the scenario as here. */
  private learnPort(): void {
    const last = this.open ? this.raw.getStringOption(LAST_ENDPOINT) : null;
    if (last !== null) this.host.bound(last);
  }

  // --- the rest ---

  setStringOption(call: Call<[number, unknown], void>, id: number, value: unknown): void {
    call(id, value);
    if (id !== SUBSCRIBE && id !== UNSUBSCRIBE) return;
    const topic =
      typeof value === "string" ? value : value instanceof Uint8Array ? Buffer.from(value).toString("latin1") : "";
    this.host.journal.write({
      ...this.about(id === SUBSCRIBE ? "subscribe" : "unsubscribe"),
      arg: topic,
      result: "ok",
    });
  }

  join(call: Call<unknown[], void>, ...groups: unknown[]): void {
    this.group("join", call, groups);
  }

  leave(call: Call<unknown[], void>, ...groups: unknown[]): void {
    this.group("leave", call, groups);
  }

  private group(what: string, call: Call<unknown[], void>, groups: readonly unknown[]): void {
    for (const group of groups) {
      call(group);
      this.host.journal.write({ ...this.about(what), arg: String(group), result: "ok" });
    }
  }

  close(call: Call<[], void>): void {
    if (this.open) this.host.journal.write({ ...this.about("close"), result: "ok" });
    call();
    this.closed();
  }

  closed(): void {
    if (!this.open) return;
    this.open = false;
    this.host.journal.write({ ev: "socket", socket: this.name, what: "close" });
  }

  private settled<T>(
    result: Promise<T>,
    over: (error: string | null, value?: T) => void,
    address?: string,
  ): Promise<T> {
    return this.host.pends(
      result.then(
        (value) => {
          over(null, value);
          return value;
        },
        (error: unknown) => {
          over(errorCode(error));
          throw address === undefined ? error : declared(error, address);
        },
      ),
    );
  }

  private about(call: string) {
    return { ev: "call", thread: this.host.plan.name, call, socket: this.name } as const;
  }

  private block(call: string, timeoutMs: number): void {
    const t = this.host.clock.now();
    const raw = timeoutMs < 0 ? {} : { raw: { deadline: t + timeoutMs * 1e6 } };
    this.host.journal.write({ ev: "block", thread: this.host.plan.name, call, socket: this.name, ...raw }, t);
  }
}

/** The socket cannot be used now: nothing was tried. */
const isState = (error: unknown): boolean => ["EBUSY", "EBADF"].includes(errorCode(error));

/** As the scenario calls it. */
function declared(error: unknown, address: string): unknown {
  if (error instanceof Error && "address" in error) error.address = address;
  return error;
}
