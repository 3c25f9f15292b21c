/**
 * The step language at work. A machine holds no socket and no clock: it hands out one request at a
 * time and goes on when told the result, so that simulated and real sockets can both serve it.
 */
import { compileExpression, ExpressionError, evaluateCondition, type Scope } from "./expression.ts";
import type { PlanThread, Step } from "./plan.ts";
import { listOf, type Request, repetitions, requestOf, valueMaker } from "./requests.ts";
import type { Value } from "./value.ts";

export type { OutFrame, Request } from "./requests.ts";

/** Outcome of a request: an error name or null, and what recv, poll and getsockopt give. */
export interface Reply {
  readonly error: string | null;
  readonly value: Value;
}

/** A program that cannot go on: an error nobody handles, or an expression that fails. */
export class ProgramError extends Error {
  override readonly name = "ProgramError";
  /** JSON pointer of the step. */
  readonly pointer: string;

  constructor(message: string, pointer: string) {
    super(message);
    this.pointer = pointer;
  }
}

type Instruction =
  | { readonly op: "request"; readonly step: Step; readonly make: (scope: Scope) => Request }
  | { readonly op: "set"; readonly pointer: string; readonly name: string; readonly value: (scope: Scope) => Value }
  | { readonly op: "jump"; to: number }
  | { readonly op: "unless"; readonly pointer: string; readonly test: (scope: Scope) => boolean; to: number }
  /** Begins a counted loop: evaluates its items into a slot. */
  | {
      readonly op: "begin";
      readonly pointer: string;
      readonly slot: number;
      readonly items: (scope: Scope) => number | readonly Value[];
    }
  /** Next round, or out of the loop. */
  | { readonly op: "next"; readonly slot: number; readonly as: string | undefined; to: number };

/** Instructions without a request in between before a program counts as running away. */
const SILENT_STEPS_MAX = 1_000_000;

/** A program compiled once per thread of the plan; any number of machines may run it. */
export class Program {
  readonly instructions: Instruction[] = [];
  slots = 0;

  constructor(steps: readonly Step[]) {
    this.block(steps, []);
  }

  /** `breaks`: jumps that leave the innermost loop. */
  private block(steps: readonly Step[], breaks: { to: number }[]): void {
    for (const step of steps) this.step(step, breaks);
  }

  private step(step: Step, breaks: { to: number }[]): void {
    const { pointer } = step;
    switch (step.kind) {
      case "repeat":
        return this.loop(step.do, pointer, step.as, repetitions(step.count));
      case "for":
        return this.loop(step.do, pointer, step.as, listOf(step.in));
      case "forever":
        return this.endless(step.do, null, pointer);
      case "while":
        return this.endless(step.do, step.condition, pointer);
      case "if":
        return this.branch(step, breaks);
      case "break": {
        const jump = { op: "jump", to: -1 } as const satisfies Instruction;
        this.instructions.push(jump);
        breaks.push(jump);
        return;
      }
      case "set":
        for (const [name, value] of step.values)
          this.instructions.push({ op: "set", pointer, name, value: valueMaker(value) });
        return;
      default:
        this.instructions.push({ op: "request", step, make: requestOf(step) });
    }
  }

  private loop(
    steps: readonly Step[],
    pointer: string,
    as: string | undefined,
    items: (scope: Scope) => number | readonly Value[],
  ): void {
    const slot = this.slots++;
    this.instructions.push({ op: "begin", pointer, slot, items });
    const next: Instruction = { op: "next", slot, as, to: -1 };
    const start = this.instructions.push(next) - 1;
    this.body(steps, start, next);
  }

  private endless(steps: readonly Step[], condition: string | null, pointer: string): void {
    const start = this.instructions.length;
    if (condition === null) return this.body(steps, start, null);
    const expression = compileExpression(condition);
    const exit: Instruction = { op: "unless", pointer, test: (scope) => evaluateCondition(expression, scope), to: -1 };
    this.instructions.push(exit);
    this.body(steps, start, exit);
  }

  private body(steps: readonly Step[], start: number, exit: { to: number } | null): void {
    const breaks: { to: number }[] = exit === null ? [] : [exit];
    this.block(steps, breaks);
    this.instructions.push({ op: "jump", to: start });
    for (const jump of breaks) jump.to = this.instructions.length;
  }

  private branch(step: Step & { kind: "if" }, breaks: { to: number }[]): void {
    const expression = compileExpression(step.condition);
    const otherwise: Instruction = {
      op: "unless",
      pointer: step.pointer,
      test: (scope) => evaluateCondition(expression, scope),
      to: -1,
    };
    this.instructions.push(otherwise);
    this.block(step.then, breaks);
    if (step.else.length === 0) {
      otherwise.to = this.instructions.length;
      return;
    }
    const end: Instruction = { op: "jump", to: -1 };
    this.instructions.push(end);
    otherwise.to = this.instructions.length;
    this.block(step.else, breaks);
    end.to = this.instructions.length;
  }
}

interface LoopState {
  readonly items: number | readonly Value[];
  round: number;
}

/** One running instance of a program. */
export class Machine {
  private readonly program: Program;
  private readonly variables = new Map<string, Value>();
  private readonly loops: LoopState[] = [];
  private readonly scope: Scope;
  private at = 0;
  private waiting: Step | null = null;

  constructor(program: Program, thread: PlanThread, environment: Scope) {
    this.program = program;
    this.scope = {
      get: (name) => (this.variables.has(name) ? this.variables.get(name) : environment.get(name)),
      random: environment.random,
    };
    for (const [name, value] of Object.entries(thread.vars)) this.variables.set(name, valueMaker(value)(this.scope));
  }

  /** For texts outside the program: endpoints, options and subscriptions of its sockets. */
  get environment(): Scope {
    return this.scope;
  }

  /** JSON pointer of the step whose request is out, "" when none is. */
  get pointer(): string {
    return this.waiting?.pointer ?? "";
  }

  /** The next request, or null at the end. Throws ProgramError. */
  next(): Request | null {
    const { instructions } = this.program;
    for (let silent = 0; ; silent++) {
      const instruction = instructions[this.at];
      if (instruction === undefined) return null;
      if (instruction.op === "request") {
        this.at++;
        this.waiting = instruction.step;
        try {
          return instruction.make(this.scope);
        } catch (error) {
          throw located(error, instruction.step.pointer);
        }
      }
      if (silent === SILENT_STEPS_MAX)
        throw new ProgramError(`${SILENT_STEPS_MAX} steps without a call: an endless loop`, pointerOf(instruction));
      this.execute(instruction);
    }
  }

  /** Tells the result of the last request. Throws ProgramError when it failed and the step does not handle that. */
  complete(reply: Reply): void {
    const step = this.waiting as Step;
    this.waiting = null;
    if ("error" in step && step.error !== undefined) this.variables.set(step.error, reply.error);
    else if (reply.error !== null) throw new ProgramError(`${step.kind} failed with ${reply.error}`, step.pointer);
    if ("as" in step && step.as !== undefined && step.kind !== "repeat" && step.kind !== "for")
      this.variables.set(step.as, reply.error === null ? reply.value : null);
  }

  private execute(instruction: Exclude<Instruction, { op: "request" }>): void {
    this.at++;
    try {
      switch (instruction.op) {
        case "set":
          this.variables.set(instruction.name, instruction.value(this.scope));
          break;
        case "jump":
          this.at = instruction.to;
          break;
        case "unless":
          if (!instruction.test(this.scope)) this.at = instruction.to;
          break;
        case "begin":
          this.loops[instruction.slot] = { items: instruction.items(this.scope), round: 0 };
          break;
        case "next":
          this.nextRound(instruction);
          break;
      }
    } catch (error) {
      throw located(error, pointerOf(instruction));
    }
  }

  private nextRound(instruction: Instruction & { op: "next" }): void {
    const loop = this.loops[instruction.slot] as LoopState;
    const { items, round } = loop;
    if (round >= (typeof items === "number" ? items : items.length)) {
      this.at = instruction.to;
      return;
    }
    loop.round++;
    if (instruction.as !== undefined)
      this.variables.set(instruction.as, typeof items === "number" ? round : (items[round] as Value));
  }
}

/** An expression that failed becomes an error of its step. */
const located = (error: unknown, pointer: string): unknown =>
  error instanceof ExpressionError ? new ProgramError(error.message, pointer) : error;

const pointerOf = (instruction: Instruction): string => ("pointer" in instruction ? instruction.pointer : "");
