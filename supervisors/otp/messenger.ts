import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from "xstate";
import type { Answer, Reply } from "./call.ts";
import { clockOf, type Delayed, type DelayQueue, delaysOf } from "./delay.ts";
import { type FactListener, guarded, reporter, type SupervisionFact } from "./facts.ts";
import { objectLogic } from "./object-logic.ts";
import { type Warning, warn } from "./warnings.ts";
import { afterTurn } from "./yielding.ts";

/** What leaves a supervisor: an answer, a fact, or a reminder to itself, at once or later. */
export type Delivery =
  | { readonly type: "answer"; readonly reply: Reply; readonly answer: Answer }
  | { readonly type: "fact"; readonly fact: SupervisionFact }
  | { readonly type: "warning"; readonly warning: Warning }
  | { readonly type: "reminder"; readonly reminder: RetryReminder; readonly delayMs: number }
  | { readonly type: "yield" };

/** What a supervisor sends itself to try a restart again. `ticket`: which delay has elapsed; none for a retry at once. */
export interface RetryReminder {
  readonly type: "supervisor.retry";
  readonly id: string;
  readonly ticket: number | undefined;
}

export interface MessengerEvent {
  readonly type: "messenger.deliver";
  readonly outbox: readonly Delivery[];
}

export interface MessengerInput {
  readonly owner: AnyActorRef;
  readonly onFact: FactListener | null | undefined;
}

type Scope = ActorScope<Snapshot<undefined>, MessengerEvent>;

class Messenger {
  readonly #scope: Scope;
  readonly #input: MessengerInput;
  readonly #tell: ReturnType<typeof reporter>;
  readonly #delays: DelayQueue;
  readonly #pending = new Set<Delayed>();
  #stopYielding = (): void => {};

  constructor(scope: Scope, input: MessengerInput) {
    this.#scope = scope;
    this.#input = input;
    this.#delays = delaysOf(clockOf(scope.system));
    this.#tell = reporter(scope, input.owner, input.onFact);
  }

  receive({ outbox }: MessengerEvent): void {
    for (const delivery of outbox) this.#deliver(delivery);
  }

  #deliver(delivery: Delivery): void {
    switch (delivery.type) {
      case "answer":
        guarded(this.#scope.logger, () => delivery.reply(delivery.answer));
        break;
      case "fact":
        this.#tell(delivery.fact);
        break;
      case "warning":
        if (this.#input.onFact !== null) warn(this.#scope.logger, delivery.warning);
        break;
      case "yield":
        this.#stopYielding = afterTurn(clockOf(this.#scope.system), () =>
          this.#input.owner.send({ type: "supervisor.yielded" }),
        );
        break;
      case "reminder":
        this.#remind(delivery.reminder, delivery.delayMs);
        break;
    }
  }

  close(): void {
    this.#stopYielding();
    for (const delayed of this.#pending) this.#delays.cancel(delayed);
  }

  #remind(reminder: RetryReminder, delayMs: number): void {
    const { owner } = this.#input;
    if (delayMs <= 0) {
      owner.send(reminder); // behind the mail it has
      return;
    }
    const delayed = this.#delays.schedule(delayMs, () => {
      this.#pending.delete(delayed);
      owner.send(reminder);
    });
    this.#pending.add(delayed);
  }
}

/**
 * Carries what leaves a supervisor. Apart from the nursery, because the nursery may be busy when the supervisor is not, and an answer
 * that waited there would come after what the supervisor did next.
 */
export const messengerLogic: ActorLogic<Snapshot<undefined>, MessengerEvent, MessengerInput> = objectLogic(
  (scope: Scope, input: MessengerInput) => new Messenger(scope, input),
).logic;
