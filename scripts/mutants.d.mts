export interface Mutation {
  readonly name: string;
  /** What holds, and what does instead. */
  readonly rule: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
export const MUTATIONS: readonly Mutation[];
