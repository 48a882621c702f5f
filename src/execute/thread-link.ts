import type { MessagePort } from "node:worker_threads";
import type { CallContext, Reply } from "#src/backends/backend";
import { ChurnMap } from "#src/kernel/churn-map";
import { FailureError } from "#src/kernel/failure";
import type { HostMessage, Question, ThreadMessage } from "./thread-messages.ts";

interface Asked {
  resolve(answer: { readonly reply?: Reply }): void;
  reject(error: unknown): void;
  readonly onWait: CallContext["onWait"];
}

/** A thread's line to the run, while it does a batch. */
export class ThreadLink {
  readonly #port: MessagePort;
  readonly #asked = new ChurnMap<number, Asked>();
  readonly #cancels = new ChurnMap<number, () => void>();
  #last = 0;

  constructor(port: MessagePort) {
    this.#port = port;
    port.on("message", (message: HostMessage) => this.#hear(message));
  }

  tell(message: ThreadMessage): void {
    this.#port.postMessage(message);
  }

  /** Asks the run something and waits for the answer. @returns `answer` rejects with a FailureError, or with the signal's reason */
  ask(
    question: Question,
    { signal, onWait }: Pick<CallContext, "signal" | "onWait">,
  ): { id: number; answer: Promise<{ readonly reply?: Reply }> } {
    const id = ++this.#last;
    const answer = new Promise<{ readonly reply?: Reply }>((resolve, reject) => {
      const stop = (): void => {
        this.#asked.delete(id);
        this.tell({ type: "forget", id });
        reject(signal?.reason);
      };
      const settled = <T>(settle: (value: T) => void) => {
        return (value: T): void => {
          signal?.removeEventListener("abort", stop);
          settle(value);
        };
      };
      signal?.throwIfAborted();
      signal?.addEventListener("abort", stop, { once: true });
      this.#asked.set(id, { resolve: settled(resolve), reject: settled(reject), onWait });
      this.tell({ type: "ask", id, question });
    });
    return { id, answer };
  }

  onCancel(index: number, cancel: () => void): void {
    this.#cancels.set(index, cancel);
  }

  close(): void {
    this.#port.close();
  }

  #hear(message: HostMessage): void {
    if (message.type === "cancel") {
      this.#cancels.get(message.index)?.();
      return;
    }
    const asked = this.#asked.get(message.id);
    if (message.type === "waiting") {
      asked?.onWait?.(message.waiting);
      return;
    }
    this.#asked.delete(message.id);
    if (message.type === "answer") asked?.resolve(message);
    else asked?.reject(FailureError.of(message.failure));
  }
}
