/** Placeholder signature; the kernel work fills this in. */
export type DistributionSpec =
  | number
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "uniform"; readonly min: number; readonly max: number }
  | { readonly kind: "exponential"; readonly mean: number; readonly min?: number; readonly max?: number }
  | { readonly kind: "lognormal"; readonly median: number; readonly p95: number; readonly min?: number; readonly max?: number }
  | { readonly kind: "quantiles"; readonly points: readonly (readonly [p: number, value: number])[] };
