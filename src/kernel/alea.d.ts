/** The one file of seedrandom in use; the package's main entry would pull in node's crypto. */
declare module "seedrandom/lib/alea.js" {
  interface Alea {
    /** The next number in [0, 1), a multiple of 2^-32. */
    (): number;
    /** The next number in [0, 1), a multiple of 2^-53. */
    double(): number;
  }
  export default function alea(seed: string): Alea;
}
