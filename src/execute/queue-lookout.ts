import type { Redis } from "ioredis";
import { presentWorkers } from "./queue-presence.ts";
import type { ExecutorScope } from "./scope.ts";

/** Milliseconds that an attempt waits before the queue is checked for workers. */
const LONELY_MS = 4000;

/** Publishes a notice when no worker is connected, and when one is again. */
export class Lookout {
  readonly #redis: Redis;
  readonly #scope: ExecutorScope;
  readonly #code: string;
  readonly #address: string;
  /** What was said last; nothing while there are workers. */
  #said = "";

  constructor(redis: Redis, scope: ExecutorScope, code: string, address: string) {
    this.#redis = redis;
    this.#scope = scope;
    this.#code = code;
    this.#address = address;
  }

  /** @param oldestAt when the attempt that waits longest was asked for */
  async look(oldestAt: number | undefined): Promise<void> {
    const isEarly = oldestAt === undefined || this.#scope.clock.now() - oldestAt < LONELY_MS;
    if (this.#said === "" && isEarly) return;
    const workers = await presentWorkers(this.#redis);
    const able = workers.filter(({ code }) => code === this.#code).length;
    if (able > 0) {
      if (this.#said !== "") this.#scope.notice(`${able === 1 ? "a worker is" : `${able} workers are`} there`);
      this.#said = "";
      return;
    }
    const others = workers.filter(({ experiment }) => experiment === this.#scope.experiment.name);
    const message =
      others.length > 0
        ? `workers are there, and all ${others.length} serve this experiment with other code (${[...new Set(others.map(({ code }) => code.slice(0, 8)))].join(", ")}; the run has ${this.#code.slice(0, 8)}): give them the same files, package versions, Node and -T parameters`
        : `no worker is there: start one with crucible worker ${this.#scope.file ?? "<file>"} --redis ${this.#address}`;
    if (message !== this.#said) this.#scope.notice(message);
    this.#said = message;
  }
}
