/**
 * What npm's typings and ours say of the same things is assignable both ways. Classes with protected
 * members are never assignable to others in TypeScript, so that their public sides are compared.
 */
import type * as real from "zeromq";
import type * as realDraft from "zeromq/draft.js";
import type * as sim from "../../src/dropin/zeromq.ts";
import type * as simDraft from "../../src/dropin/zeromq-draft.ts";

/** The public side, to the depth that objects refer to each other. `type` is a const enum in npm's typings. */
type Public<T> = {
  [K in keyof T as K extends "context" | "events" | "type" | "frontEnd" | "backEnd" | typeof Symbol.asyncIterator
    ? never
    : K]: T[K];
};
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : "npm's is not ours") : "ours is not npm's";
type SameClass<A, B> = Same<Public<A>, Public<B>>;

export const instances: {
  readonly [K in
    | "Pair"
    | "Publisher"
    | "Subscriber"
    | "Request"
    | "Reply"
    | "Dealer"
    | "Router"
    | "Pull"
    | "Push"
    | "XPublisher"
    | "XSubscriber"
    | "Stream"
    | "Proxy"
    | "Context"]: SameClass<InstanceOf<typeof sim, K>, InstanceOf<typeof real, K>>;
} = {
  Pair: true,
  Publisher: true,
  Subscriber: true,
  Request: true,
  Reply: true,
  Dealer: true,
  Router: true,
  Pull: true,
  Push: true,
  XPublisher: true,
  XSubscriber: true,
  Stream: true,
  Proxy: true,
  Context: true,
};

type InstanceOf<M, K> = K extends keyof M
  ? M[K] extends abstract new (
      ...args: never[]
    ) => infer T
    ? T
    : never
  : never;

export const drafts: {
  readonly [K in "Server" | "Client" | "Radio" | "Dish" | "Gather" | "Scatter" | "Datagram"]: SameClass<
    InstanceOf<typeof simDraft, K>,
    InstanceOf<typeof realDraft, K>
  >;
} = { Server: true, Client: true, Radio: true, Dish: true, Gather: true, Scatter: true, Datagram: true };

/** Listeners are generic; what they hear is compared for each event below. */
export const bases: readonly [
  SameClass<sim.Socket, real.Socket>,
  SameClass<Omit<sim.Observer, "on" | "off">, Omit<real.Observer, "on" | "off">>,
  { readonly [E in real.EventType]: Same<sim.EventOfType<E>, real.EventOfType<E>> }[real.EventType],
] = [true, true, true];

type Options<T> = Omit<NonNullable<T>, "context">;
type OptionsOf<C> = C extends new (options?: infer O) => object ? Options<O> : never;

export const options: readonly [
  Same<OptionsOf<typeof sim.Dealer>, OptionsOf<typeof real.Dealer>>,
  Same<OptionsOf<typeof sim.XPublisher>, OptionsOf<typeof real.XPublisher>>,
  Same<OptionsOf<typeof sim.Context>, OptionsOf<typeof real.Context>>,
] = [true, true, true];

export const values: readonly [
  Same<typeof sim.version, typeof real.version>,
  Same<typeof sim.capability, typeof real.capability>,
  Same<ReturnType<typeof sim.curveKeyPair>, ReturnType<typeof real.curveKeyPair>>,
  Same<sim.Event, real.Event>,
  Same<sim.EventType, real.EventType>,
  Same<sim.EventOfType<"connect:retry">, real.EventOfType<"connect:retry">>,
  Same<sim.Message, real.Message>,
  Same<sim.MessageLike, real.MessageLike>,
  Same<sim.Writable, real.Writable>,
  Same<Omit<sim.Readable, symbol>, Omit<real.Readable, symbol>>,
] = [true, true, true, true, true, true, true, true, true, true];
