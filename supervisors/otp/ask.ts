import type { AnyActorRef, EventObject } from "xstate";
import { crash, type Exit } from "#src/kernel/exit";
import { err, ok, type Result } from "#src/kernel/result";
import { actorGiven, mustBeFunction } from "./arguments.ts";
import { later } from "./delay.ts";
import { exitOf, isAlive } from "./exit.ts";
import type { Accepts } from "./typed.ts";

/** Calls `fn` once when the actor has ended, at once where it has ended already. */
export function onceEnded(actor: AnyActorRef, fn: () => void): { unsubscribe: () => void } {
  if (isAlive(actor)) return actor.subscribe({ complete: fn, error: fn });
  fn();
  return { unsubscribe: () => {} };
}

/** Why a question has no answer: the actor had ended, or ended before it answered; or the time was over. */
export type AskError = "noproc" | "timeout";

/**
 * Sends an event that carries a way to answer it, and waits for the answer: gen_server:call.
 *
 * @param event makes the event; the actor calls `reply` once
 * @param options `timeoutMs`: 5000 by default as in OTP; `Infinity` is without limit
 * @returns the answer; `noproc` when the actor ends before it answers; never rejects
 * @example const total = await ask<number>(counter, (reply) => ({ type: "total", reply }));
 */
// biome-ignore lint/suspicious/noExplicitAny: `ask<number>(...)` leaves the events unchecked, since TypeScript infers all type arguments or none
export function ask<T, const E extends EventObject = any>(
  actor: Accepts<E>,
  event: (reply: (value: T) => void) => E,
  options?: { readonly timeoutMs?: number },
): Promise<Result<T, AskError>> {
  const { timeoutMs = 5000 }: typeof options & {} = Object(options);
  return new Promise((resolve) => {
    mustBeFunction(event);
    if (!isAlive(actor)) {
      resolve(err("noproc"));
      return;
    }
    const settle = (result: Result<T, AskError>): void => {
      forget();
      ended.unsubscribe();
      resolve(result);
    };
    const forget = later(actor.system, timeoutMs, () => settle(err("timeout")));
    const ended = onceEnded(actor, () => settle(err("noproc")));
    actor.send(event((value) => settle(ok(value))));
  });
}

/** The exit of an actor, once it has ended. */
export const exited = (actor: AnyActorRef): Promise<Exit> =>
  new Promise((resolve) => void onceEnded(actor, () => resolve(endOf(actor))));

/** How an actor ended; `noproc`, as OTP says it, where a name led to no actor. */
const endOf = (actor: AnyActorRef | undefined): Exit => (actor && exitOf(actor)) ?? crash("noproc");

/** What a monitoring actor receives when the other one has ended: OTP's `{'DOWN', Ref, process, Pid, Reason}`. */
export interface ActorDown {
  readonly type: "actor.down";
  readonly actor: AnyActorRef;
  readonly exit: Exit;
}

/**
 * Sends `actor.down` to `self` once, when `other` has ended; at once where it has ended already.
 *
 * @returns `unsubscribe()` is OTP's demonitor
 */
export const monitor = (self: AnyActorRef, other: AnyActorRef): { unsubscribe: () => void } =>
  onceEnded(other, () => {
    if (isAlive(actorGiven(self)))
      self.send({ type: "actor.down", actor: other, exit: endOf(other) } satisfies ActorDown);
  });
