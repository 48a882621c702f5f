import type { ActorRefFrom, AnyActorLogic, AnyActorRef, EventObject, InputFrom } from "xstate";
import type { ChildSpec } from "./child-spec.ts";

/** An actor that accepts some events. */
export type Accepts<E extends EventObject> = AnyActorRef & { readonly send: (event: E) => void };

/** Actor logic that can do with a value of this type as its input. */
export type LogicFor<I> = AnyActorLogic & {
  // biome-ignore lint/suspicious/noExplicitAny: a property, so that the input is compared one way only
  readonly getInitialSnapshot: (scope: any, input: I) => any;
};

/** The input that some logic asks for: required unless it can do without. */
type WithInput<L> = L extends AnyActorLogic
  ? undefined extends InputFrom<L>
    ? { readonly input?: InputFrom<L> }
    : { readonly input: InputFrom<L> }
  : unknown;

/** What a start function returns, with the input that its logic asks for. */
export type CheckedResult<R> = R extends { readonly logic: infer L } ? WithInput<L> : unknown;

/** What must hold of a child spec whose type is known: the input is what the logic asks for. */
export type CheckedChild<C> = C extends { readonly start: infer S }
  ? S extends AnyActorLogic
    ? WithInput<S>
    : S extends (...args: infer Args) => infer R
      ? { readonly start: (...args: Args) => CheckedResult<R> }
      : unknown
  : unknown;

/** What must hold of the options of a supervisor: each child spec in its place; nothing of a list whose specs are not known one by one. */
export type CheckedOptions<C extends readonly ChildSpec[]> = number extends C["length"]
  ? unknown
  : { readonly children: { readonly [K in keyof C]: C[K] & CheckedChild<C[K]> } };

/** A supervisor that knows the specs of its children, to the compiler alone. */
export interface Knows<C extends readonly ChildSpec[]> {
  readonly specs?: C;
}

/** The actor of the child with an id, where the supervisor's type names it. */
export type ChildActor<S, Id> = S extends { readonly logic: Knows<infer C> }
  ? Extract<C[number], { readonly id: Id }> extends { readonly start: infer L }
    ? LogicOf<L> extends AnyActorLogic
      ? ActorRefFrom<LogicOf<L>>
      : AnyActorRef
    : AnyActorRef
  : AnyActorRef;

type LogicOf<S> = S extends AnyActorLogic ? S : S extends (...args: never) => { readonly logic: infer L } ? L : never;
