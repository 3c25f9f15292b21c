/**
 * glibc's rand(), as a process sees it that never calls srand().
 * libzmq draws reconnect jitter, routing ids and request ids from it, so that real runs repeat exactly.
 */
export class GlibcRand {
  private readonly seed: number;
  /** The last 31 numbers, in a ring. Made on the first draw: most simulated processes never draw. */
  private state: Int32Array | null = null;
  private front = SEPARATION;

  /** `seed`: what srand() was given, a 32-bit integer; 1 when it was never called. */
  constructor(seed = 1) {
    this.seed = seed;
  }

  /** rand(): 0 to 2^31 - 1. glibc: __random_r, TYPE_3 (x^31 + x^3 + 1). */
  next(): number {
    const state = (this.state ??= seededState(this.seed));
    return this.draw(state);
  }

  /** 0 to 2^32 - 1, from two draws. libzmq: generate_random. */
  generateRandom(): number {
    const low = this.next();
    const high = this.next();
    return (low | (high << 31)) >>> 0;
  }

  private draw(state: Int32Array): number {
    const front = this.front;
    const behind = front >= SEPARATION ? front - SEPARATION : front - SEPARATION + DEGREE;
    const sum = (state[front]! + state[behind]!) | 0;
    state[front] = sum;
    this.front = front + 1 === DEGREE ? 0 : front + 1;
    return sum >>> 1;
  }
}

/** glibc: __srandom_r. Fills the ring with a Lehmer sequence, then runs it ten times round. */
function seededState(seed: number): Int32Array {
  const state = new Int32Array(DEGREE);
  let word = seed === 0 ? 1 : seed | 0;
  state[0] = word;
  for (let index = 1; index < DEGREE; index++) {
    // 16807 * word mod 2^31 - 1: exact in a double, the sign follows the dividend as in C.
    word = (16807 * word) % 0x7fff_ffff;
    if (word < 0) word += 0x7fff_ffff;
    state[index] = word;
  }
  for (let count = 0; count < 10 * DEGREE; count++) {
    const front = (count + SEPARATION) % DEGREE;
    const behind = count % DEGREE;
    state[front] = (state[front]! + state[behind]!) | 0;
  }
  return state;
}

const DEGREE = 31;
/** Distance of the second term of the sum. */
const SEPARATION = 3;
