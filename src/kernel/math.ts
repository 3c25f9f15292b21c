/**
 * Logarithm, exponential and normal quantile from + - * / and sqrt alone.
 *
 * The language leaves the last bits of Math.log and Math.exp to the engine; these are the same everywhere.
 * Relative error below 1e-14 (the quantile: 1e-13).
 */

/** Natural logarithm. ln(0) = -Infinity, NaN below 0. */
export function ln(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  if (x < SMALLEST_NORMAL) return ln(x * TWO_54) - 54 * LN2;
  // x = mantissa * 2^exponent, mantissa in [0.7, 1.4).
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  let exponent = (high >>> 20) - EXPONENT_BIAS;
  bits.setUint32(0, (high & 0x000f_ffff) | (EXPONENT_BIAS << 20));
  let mantissa = bits.getFloat64(0);
  if (mantissa >= 1.4) {
    mantissa /= 2;
    exponent++;
  }
  // ln(mantissa) = 2 artanh(s), a series in odd powers of s; |s| < 0.177.
  const s = (mantissa - 1) / (mantissa + 1);
  const squared = s * s;
  let sum = 0;
  for (let power = 21; power >= 3; power -= 2) sum = (sum + 1 / power) * squared;
  return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

/** e to the power x. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.79) return Infinity;
  if (x < -745.2) return 0;
  // e^x = 2^exponent * e^rest, |rest| <= ln(2) / 2.
  const exponent = Math.round(x / LN2);
  const rest = x - exponent * LN2_HIGH - exponent * LN2_LOW;
  let sum = 1;
  for (let term = 14; term >= 1; term--) sum = 1 + (sum * rest) / term;
  // In two steps, because 2^1024 and 2^-1074 have no normal representation.
  const half = exponent >> 1;
  return sum * powerOfTwo(half) * powerOfTwo(exponent - half);
}

/** The z below which a standard normal variable stays with probability p; 0 <= p <= 1. Wichura's AS 241. */
export function normalQuantile(p: number): number {
  const centred = p - 0.5;
  if (centred >= -0.425 && centred <= 0.425) {
    const r = 0.180625 - centred * centred;
    return (centred * polynomial(CENTRE_OVER, r)) / polynomial(CENTRE_UNDER, r);
  }
  const tail = centred < 0 ? p : 1 - p;
  if (!(tail > 0)) return tail === 0 ? (centred < 0 ? -Infinity : Infinity) : NaN;
  const r = Math.sqrt(-ln(tail));
  const size =
    r <= 5
      ? polynomial(TAIL_OVER, r - 1.6) / polynomial(TAIL_UNDER, r - 1.6)
      : polynomial(FAR_OVER, r - 5) / polynomial(FAR_UNDER, r - 5);
  return centred < 0 ? -size : size;
}

/** 2 to a whole power in -1022 to 1023. */
function powerOfTwo(exponent: number): number {
  bits.setUint32(0, (exponent + EXPONENT_BIAS) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Horner's rule; the constant term first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (let index = coefficients.length - 1; index >= 0; index--) sum = sum * x + coefficients[index]!;
  return sum;
}

/** Scratch for the bits of a double; a DataView reads the same on machines of either byte order. */
const bits = new DataView(new ArrayBuffer(8));

const EXPONENT_BIAS = 1023;
const SMALLEST_NORMAL = 2.2250738585072014e-308;
const TWO_54 = 18014398509481984;
/** ln(2) in two parts; the high one has trailing zeros, so that its product with an exponent is exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;
const LN2 = LN2_HIGH + LN2_LOW;

const CENTRE_OVER = [
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125, 45921.953931549871457,
  67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
];
const CENTRE_UNDER = [
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077, 21213.794301586595867, 39307.89580009271061,
  28729.085735721942674, 5226.495278852854561,
];
const TAIL_OVER = [
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504, 1.27045825245236838258,
  0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
];
const TAIL_UNDER = [
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455, 0.14810397642748007459,
  0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
];
const FAR_OVER = [
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123, 0.026532189526576123093,
  0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
];
const FAR_UNDER = [
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525, 7.868691311456132591e-4,
  1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
];
