import type { AnyActorRef } from "xstate";
import { ConfigError } from "#src/kernel/errors";

/** Whether a value is an actor. */
export const isActor = (value: unknown): value is AnyActorRef =>
  typeof value === "object" && value !== null && "getSnapshot" in value;

/**
 * Checks what a public function was given.
 *
 * @param law the end of a sentence that begins with the place and `must be`
 * @throws ConfigError unless it holds
 */
export function mustBe(holds: boolean, law: string, value: unknown, place = "the first argument"): void {
  if (!holds) throw new ConfigError(place, `must be ${law}`, value);
}

/** The actor that was given. @throws ConfigError where it is not one */
export function actorGiven<T extends AnyActorRef>(value: T): T {
  mustBe(isActor(value), "an actor", value);
  return value;
}

/** @throws ConfigError where no function was given */
export const mustBeFunction = (value: unknown, place = "the second argument"): void =>
  mustBe(typeof value === "function", "a function", value, place);
