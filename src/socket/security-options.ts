/** The options of security mechanisms and ZAP. libzmq: options.cpp, zmq_utils.cpp. */
import type { SecurityOptions } from "../ctx/options.ts";
import type { Errno } from "./errors.ts";

type Value = number | string | null;
type Change = Partial<SecurityOptions>;

const KEY_BYTES = 32;
const KEY_TEXT = 40;
const TEXT_MAX = 255;

const Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/** The bytes that a text of Z85 stands for; null if it is none. libzmq: zmq_z85_decode. */
export function decodeZ85(text: string): string | null {
  if (text.length < 5 || text.length % 5 !== 0) return null;
  let bytes = "";
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (const character of text.slice(at, at + 5)) {
      const digit = Z85.indexOf(character);
      if (digit < 0) return null;
      value = value * 85 + digit;
    }
    if (value > 0xffff_ffff) return null;
    bytes += String.fromCharCode(value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255);
  }
  return bytes;
}

/** Four bytes are five characters. libzmq: zmq_z85_encode. */
export function encodeZ85(bytes: string): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let value = 0;
    for (let index = at; index < at + 4; index++) value = value * 256 + bytes.charCodeAt(index);
    for (let unit = 85 ** 4; unit >= 1; unit /= 85) text += Z85[Math.floor(value / unit) % 85];
  }
  return text;
}

const server =
  (mechanism: "PLAIN" | "CURVE") =>
  (value: Value): Change | null => {
    if (value !== 0 && value !== 1) return null;
    return { asServer: value === 1, mechanism: value === 1 ? mechanism : "NULL" };
  };

const credential =
  (field: "plainUsername" | "plainPassword") =>
  (value: Value): Change | null => {
    if (value === null) return { mechanism: "NULL" };
    const text = String(value);
    if (text.length === 0 || text.length > TEXT_MAX) return null;
    return { [field]: text, asServer: false, mechanism: "PLAIN" };
  };

/** 32 bytes, or 40 characters of Z85, with or without the end of a C string. */
const key =
  (field: "curvePublicKey" | "curveSecretKey" | "curveServerKey") =>
  (value: Value): Change | null => {
    const text = String(value ?? "");
    const z85 = text.length === KEY_TEXT || (text.length === KEY_TEXT + 1 && text.endsWith("\0"));
    const bytes = z85 ? decodeZ85(text.slice(0, KEY_TEXT)) : text;
    if (bytes?.length !== KEY_BYTES) return null;
    const change: Change = { [field]: bytes, mechanism: "CURVE" };
    return field === "curveServerKey" ? { ...change, asServer: false } : change;
  };

/** It cannot be taken back. */
function domain(value: Value): Change | null {
  const text = String(value ?? "");
  return text.length === 0 || text.length > TEXT_MAX ? null : { zapDomain: text };
}

/** What a value changes; null: EINVAL. */
const SETTERS: ReadonlyMap<string, (value: Value) => Change | null> = new Map<string, (value: Value) => Change | null>([
  ["plain_server", server("PLAIN")],
  ["plain_username", credential("plainUsername")],
  ["plain_password", credential("plainPassword")],
  ["curve_server", server("CURVE")],
  ["curve_publickey", key("curvePublicKey")],
  ["curve_secretkey", key("curveSecretKey")],
  ["curve_serverkey", key("curveServerKey")],
  ["zap_domain", domain],
  ["zap_enforce_domain", (value) => (typeof value === "number" ? { zapEnforceDomain: value !== 0 } : null)],
]);

const MECHANISMS = ["NULL", "PLAIN", "CURVE"] as const;

/** `value`: null is the null pointer of C. undefined: not one of these options. */
export function setSecurity(
  security: SecurityOptions,
  name: string,
  value: Value,
): SecurityOptions | Errno | undefined {
  const setter = SETTERS.get(name);
  if (setter === undefined) return undefined;
  const change = setter(value);
  return change === null ? "EINVAL" : { ...security, ...change };
}

/** Keys as Z85. undefined: not one of these options. */
export function getSecurity(security: SecurityOptions, name: string): number | string | undefined {
  const { mechanism, asServer } = security;
  switch (name) {
    case "mechanism":
      return MECHANISMS.indexOf(mechanism);
    case "plain_server":
      return Number(asServer && mechanism === "PLAIN");
    case "plain_username":
      return security.plainUsername;
    case "plain_password":
      return security.plainPassword;
    case "curve_server":
      return Number(asServer && mechanism === "CURVE");
    case "curve_publickey":
      return encodeZ85(security.curvePublicKey);
    case "curve_secretkey":
      return encodeZ85(security.curveSecretKey);
    case "curve_serverkey":
      return encodeZ85(security.curveServerKey);
    case "zap_domain":
      return security.zapDomain;
    case "zap_enforce_domain":
      return Number(security.zapEnforceDomain);
    default:
      return undefined;
  }
}
