import type { ActorLogic, ActorScope, AnyActorRef, Snapshot } from "xstate";
import type { Answer, Reply } from "./call.ts";
import { clockOf, type Delayed, delaysOf } from "./delay.ts";
import { type FactListener, guarded, reporter, type SupervisionFact } from "./facts.ts";
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

const messengers = new WeakMap<AnyActorRef, Messenger>();

/**
 * Carries what leaves a supervisor. Apart from the nursery, because the nursery may be busy when the supervisor is not, and an answer
 * that waited there would come after what the supervisor did next.
 */
export const messengerLogic: ActorLogic<Snapshot<undefined>, MessengerEvent, MessengerInput> = {
  getInitialSnapshot: (scope, input) => {
    messengers.set(scope.self, new Messenger(scope, input));
    return { status: "active", output: undefined, error: undefined };
  },
  transition: (snapshot, event: MessengerEvent | { type: "xstate.stop" }, { self }) => {
    const messenger = messengers.get(self)!;
    if (event.type === "messenger.deliver") for (const delivery of event.outbox) messenger.deliver(delivery);
    if (event.type !== "xstate.stop") return snapshot;
    messenger.close();
    return { ...snapshot, status: "stopped", output: undefined, error: undefined };
  },
  getPersistedSnapshot: (snapshot) => snapshot,
};

class Messenger {
  readonly #scope: Scope;
  readonly #input: MessengerInput;
  readonly #tell: ReturnType<typeof reporter>;
  readonly #pending = new Set<Delayed>();
  #stopYielding = (): void => {};

  constructor(scope: Scope, input: MessengerInput) {
    this.#scope = scope;
    this.#input = input;
    this.#tell = reporter(scope, input.owner, input.onFact);
  }

  deliver(delivery: Delivery): void {
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
    for (const delayed of this.#pending) delaysOf(clockOf(this.#scope.system)).cancel(delayed);
  }

  #remind(reminder: RetryReminder, delayMs: number): void {
    const { owner } = this.#input;
    if (delayMs <= 0) {
      owner.send(reminder); // behind the mail it has
      return;
    }
    const delayed = delaysOf(clockOf(this.#scope.system)).schedule(delayMs, () => {
      this.#pending.delete(delayed);
      owner.send(reminder);
    });
    this.#pending.add(delayed);
  }
}
