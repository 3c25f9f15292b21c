/** The target of an event: a channel, a thread, the owner of a timer. */
export interface Actor {
  /** Name for reports, such as "proxy/io[0]"; read only when a limit is hit. */
  readonly label: string;
  /**
   * Does the work of one event at the kernel's present instant.
   * `op` says what to do and `arg` to what; both are 32-bit signed integers whose meaning is the actor's own.
   */
  fire(op: number, arg: number): void;
}
