/** Which public key belongs to a secret one: x25519 of RFC 7748, for telling outcomes and not for keeping secrets. */

const P = (1n << 255n) - 19n;
const A24 = 121_665n;
const BASE = 9n;

/** Simulations know a handful of keys and ask for them at every handshake. */
const known = new Map<string, string>();
const KNOWN_MAX = 4096;

/** 32 bytes each, as byte strings. libzmq: crypto_scalarmult_base. */
export function publicKeyOf(secretKey: string): string {
  let publicKey = known.get(secretKey);
  if (publicKey === undefined) {
    publicKey = toBytes(multiply(clamped(secretKey)));
    if (known.size >= KNOWN_MAX) known.clear();
    known.set(secretKey, publicKey);
  }
  return publicKey;
}

function clamped(secretKey: string): bigint {
  let scalar = 0n;
  for (let at = 31; at >= 0; at--) scalar = (scalar << 8n) | BigInt(secretKey.charCodeAt(at));
  return (scalar & ((1n << 254n) - 8n)) | (1n << 254n);
}

function toBytes(value: bigint): string {
  let text = "";
  for (let rest = value, at = 0; at < 32; at++, rest >>= 8n) text += String.fromCharCode(Number(rest & 255n));
  return text;
}

const mod = (value: bigint): bigint => {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
};

const square = (value: bigint): bigint => mod(value * value);

/** The Montgomery ladder. */
function multiply(scalar: bigint): bigint {
  let [x2, z2, x3, z3] = [1n, 0n, BASE, 1n];
  let swapped = 0n;
  for (let bit = 254n; bit >= 0n; bit--) {
    const set = (scalar >> bit) & 1n;
    if (set !== swapped) [x2, z2, x3, z3] = [x3, z3, x2, z2];
    swapped = set;
    const [a, b, c, d] = [x2 + z2, x2 - z2, x3 + z3, x3 - z3];
    const [aa, bb, da, cb] = [square(a), square(b), mod(d * a), mod(c * b)];
    const e = aa - bb;
    x3 = square(da + cb);
    z3 = mod(BASE * square(da - cb));
    x2 = mod(aa * bb);
    z2 = mod(e * (aa + A24 * e));
  }
  if (swapped === 1n) [x2, z2] = [x3, z3];
  return mod(x2 * inverse(z2));
}

/** To the power of P - 2. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let power = value;
  for (let rest = P - 2n; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = mod(result * power);
    power = square(power);
  }
  return result;
}
