/**
 * The hosts of a scenario on one machine: every declared tcp or udp address becomes a free port of
 * 127.0.0.1 (of a multicast group, of the group), every ipc path a file in the folder of the run; inproc names stay. What the library
 * reports is translated back, so that a trace speaks of the declared names only.
 */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { isLocalHost, isMulticast, parseEndpoint } from "../network/address.ts";

/** A host that no machine is. RFC 5737. */
const NOWHERE = "192.0.2.1";

export interface EndpointsOptions {
  /** The host of the node. */
  readonly host: string;
  /** All hosts of the scenario. */
  readonly hosts: ReadonlySet<string>;
  readonly ports: Iterable<readonly [key: string, port: number]>;
  readonly folder: string;
}

export class Endpoints {
  readonly #host: string;
  readonly #hosts: ReadonlySet<string>;
  readonly #ports: Map<string, number>;
  readonly #folder: string;
  /** Real endpoint -> as declared. */
  readonly #declared = new Map<string, string>();

  constructor({ host, hosts, ports, folder }: EndpointsOptions) {
    this.#host = host;
    this.#hosts = hosts;
    this.#ports = new Map(ports);
    this.#folder = folder;
  }

  /** The "host:port" that needs a port of this machine and has none yet. */
  missing(text: string, forBind: boolean): string | undefined {
    const key = addressKey(text, forBind, this.#host);
    return key === undefined || this.#ports.has(key) ? undefined : key;
  }

  learn(key: string, port: number): void {
    this.#ports.set(key, port);
  }

  /** What to give to the library. */
  real(text: string, forBind: boolean): string {
    const real = this.#translate(text, forBind);
    this.#declared.set(real, text);
    return real;
  }

  /** libzmq knows what was bound to * by the address that it became, and by no other name. */
  realForUnbind(text: string): string {
    const real = this.real(text, true);
    return text.startsWith("tcp://*:") ? real.replace("127.0.0.1", "*") : real;
  }

  #translate(text: string, forBind: boolean): string {
    const endpoint = parseEndpoint(text, forBind);
    if (typeof endpoint === "string" || endpoint.transport === "inproc") return text;
    if (endpoint.transport === "ipc")
      return endpoint.address === "*" ? text : `ipc://${this.#socketFile(endpoint.address)}`;
    const { transport } = endpoint;
    if (transport === "udp" && isMulticast(endpoint.host)) {
      const port = this.#ports.get(addressKey(text, forBind, this.#host) ?? "") ?? endpoint.port;
      return `udp://${endpoint.host}:${port}`;
    }
    if (forBind && !this.#isOwn(endpoint.host))
      return this.#hosts.has(endpoint.host) ? `${transport}://${NOWHERE}:${endpoint.port}` : text;
    if (endpoint.port === 0) return `${transport}://127.0.0.1:*`;
    const port = this.#ports.get(addressKey(text, forBind, this.#host) ?? "");
    return port === undefined ? text : `${transport}://127.0.0.1:${port}`;
  }

  /** An endpoint that the library reported, as the scenario would call it. */
  declared(real: string): string {
    const known = this.#declared.get(real);
    if (known !== undefined) return known.replace("tcp://*:", "tcp://0.0.0.0:");
    const port = Number(/^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(real)?.[1]);
    for (const [key, own] of this.#ports) if (own === port) return `tcp://${key}`;
    return real;
  }

  /** An ephemeral port was chosen: from now on it has the same number in the scenario and here. */
  bound(real: string): string {
    const port = Number(/^tcp:\/\/127\.0\.0\.1:(\d+)$/.exec(real)?.[1]);
    if (Number.isNaN(port) || [...this.#ports.values()].includes(port)) return this.declared(real);
    this.learn(`${this.#host}:${port}`, port);
    const text = `tcp://0.0.0.0:${port}`;
    this.#declared.set(real, text);
    return text;
  }

  #isOwn(host: string): boolean {
    return isLocalHost(host) || host === this.#host;
  }

  /** Paths of sockets are short by law; the folder of the run is, the declared path may not be. */
  #socketFile(path: string): string {
    return join(this.#folder, createHash("sha256").update(`${this.#host} ${path}`).digest("hex").slice(0, 12));
  }
}

/** "host:port" of a tcp or udp endpoint with a fixed port; undefined for all others. */
export function addressKey(text: string, forBind: boolean, ownHost: string): string | undefined {
  const endpoint = parseEndpoint(text, forBind);
  if (typeof endpoint === "string" || endpoint.port === 0) return undefined;
  if (endpoint.transport !== "tcp" && endpoint.transport !== "udp") return undefined;
  return `${isLocalHost(endpoint.host) ? ownHost : endpoint.host}:${endpoint.port}`;
}
