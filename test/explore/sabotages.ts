/** A place of the product where `text` is replaced. */
interface Edit {
  readonly file: string;
  readonly text: string;
  readonly by: string;
}

/** A bug of the past, planted again. */
export interface Sabotage {
  readonly name: string;
  /** More than one where the product has a second defence. */
  readonly edits: readonly Edit[];
  /** Experiments of `experiments.ts` in which it can show. */
  readonly only: string;
}

const plant = (name: string, file: string, text: string, by: string, only = "plain,budget,hooks"): Sabotage => ({
  name,
  edits: [{ file, text, by }],
  only,
});

/** Takes out the second defence, too. */
const andAlso = (sabotage: Sabotage, file: string, text: string, by: string): Sabotage => ({
  ...sabotage,
  edits: [...sabotage.edits, { file, text, by }],
});

/** Bugs that were mended, or that the design rules out, each in one place of the product. */
export const sabotages: readonly Sabotage[] = [
  andAlso(
    plant(
      "rows whose answer was lost are not counted",
      "actors/collector.ts",
      "const uncounted = firstOfEach(outcomes, input.isCounted);",
      "const uncounted = firstOfEach(outcomes, (ordinal) => input.isCounted(ordinal) || !([added].flat() as unknown[]).some((one) => one instanceof Promise || one === ordinal));",
    ),
    "src/app/end-session.ts",
    "await countUnanswered(scope);",
    "void countUnanswered;",
  ),
  plant(
    "a row is acknowledged before its commit",
    "actors/collector.ts",
    'if (event.type === "outcome.store") rows.buffer.push({ outcome: event.outcome, worker: event.worker });',
    'if (event.type === "outcome.store") rows.buffer.push({ outcome: event.outcome, worker: undefined });\n      if (event.type === "outcome.store") event.worker?.send({ type: "outcome.stored" });',
  ),
  plant(
    "a worker does not store again when the collector is back",
    "actors/worker.ts",
    '{ guard: "collectorIsUp", actions: ["storeOutcome"] },',
    "",
  ),
  plant(
    "a worker does not ask again when the limiter is back",
    "actors/worker.ts",
    '"service.up": { guard: "limiterIsUp", actions: ["askForSlot"] },',
    "",
  ),
  plant(
    "a worker does not ask again when the budget is back",
    "actors/worker.ts",
    '{ guard: "budgetIsUp", actions: ["askForMoney"] },',
    "",
    "budget",
  ),
  plant(
    "the limiter that is back does not know who runs",
    "actors/limiter.ts",
    "context.running.set(event.ordinal, event.worker);\n      context.input.share?.take(event.ordinal);",
    "void event;",
  ),
  plant(
    "a promise of money is lost with its worker",
    "supervisors/reclaim.ts",
    "if (scope.money.reservationOf) scope.money.settle({ ...demandOf(context), amount: paid ?? 0 });",
    "void demandOf;",
    "promised",
  ),
  andAlso(
    plant(
      "a finished task is fed again after a resume",
      "supervisors/feeder.ts",
      "if (tally.finished.has(ordinal) || this.#lost.has(ordinal)) continue;",
      "void this;",
    ),
    "actors/worker.ts",
    "isFinished: ({ context: { scope, task } }) => scope.isFinished(task.ordinal),",
    "isFinished: () => false,",
  ),
  andAlso(
    andAlso(
      plant(
        "an attempt too many",
        "src/policy/retry.ts",
        "attempt > options.maxRetries",
        "attempt > options.maxRetries + 1",
      ),
      "supervisors/condition.ts",
      "restartBudget: scope.retry.maxRetries *",
      "restartBudget: (scope.retry.maxRetries + 1) *",
    ),
    "supervisors/feeder.ts",
    "return this.#next(slot).inStage > this.#scope.retry.maxRetries ?",
    "return this.#next(slot).inStage > this.#scope.retry.maxRetries + 1 ?",
  ),
  plant(
    "a slot too many",
    "actors/limiter.ts",
    "running.size < limits.concurrency.allowed",
    "running.size <= limits.concurrency.allowed",
  ),
  plant(
    "a start too many in a second",
    "actors/limiter.ts",
    "if (window.rate) window.rate = start(window.rate, nowMs);",
    "void start;",
    "rate",
  ),
  plant(
    "a trial task that is gone decides forever",
    "actors/limiter.ts",
    "if (event.gone && context.trial.ordinal === event.ordinal) context.trial.ordinal = undefined;",
    "",
    "breaker-spent",
  ),
  plant("a drain waits for tasks that wait for a slot", "actors/worker.ts", '"run.drain": { target: "dropped" },', ""),
  plant(
    "a refused commit stops nothing",
    "actors/collector.ts",
    'input.run.send({ type: "run.stop", request: { status: "aborted", reason, cause: "store" } });',
    "void reason;",
  ),
  plant(
    "the timer of a timeout is left behind",
    "src/experiment/attempt-timeout.ts",
    "stop(): void {\n    this.#clock.clearTimeout(this.#timer);",
    "stop(): void {",
  ),
  plant(
    "random numbers depend on when an attempt is made",
    "src/experiment/execute.ts",
    'stream(this.#experiment.config.randomSeed, "task", taskKey(this), this.attempt)',
    'stream(this.#experiment.config.randomSeed, "task", taskKey(this), this.#startedAt)',
  ),
  plant(
    "the tasks of a pool that broke keep their slots",
    "supervisors/feeder.ts",
    "const { done } = reclaim(worker);",
    "const { outcome: done } = (worker.getSnapshot() as { context: { outcome?: Outcome } }).context;",
  ),
  plant(
    "a pause that ends opens nothing",
    "supervisors/intake.ts",
    'scope.service("limiter")?.send({ type: "intake.change", intake: intakeFor(scope.intake) });',
    'if (scope.intake.paused) scope.service("limiter")?.send({ type: "intake.change", intake: intakeFor(scope.intake) });',
  ),
  plant(
    "what a worker was storing as its pool broke is made again",
    "supervisors/feeder.ts",
    "if (done && !this.#scope.tally.finished.has(done.ordinal)) this.#storeWithoutWorker(done);",
    "void done;",
    "spent",
  ),
  plant(
    "rows that are stored for a collector that died as the run ended are not counted",
    "src/app/end-session.ts",
    "await countUnanswered(scope);",
    "void countUnanswered;",
    "plain",
  ),
  andAlso(
    plant(
      "a promise whose end was lost with the budget is never given to those that wait",
      "src/app/on-commit.ts",
      "if (book.inFlight.reserved === reserved) return;",
      "if (reserved !== undefined) return;",
      "promised",
    ),
    "actors/worker-attempt.ts",
    "if (inStage > 1) settlePromise(",
    "if (inStage > 99) settlePromise(",
  ),
];
