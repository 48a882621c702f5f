import type { FactSink } from "#actors/messages";
import { type DatasetItem, POSITION, repeatedId, rowsBySchema, toItem } from "#src/dataset/dataset";
import { withOwnSlices } from "#src/dataset/slices";
import type { DatasetStream } from "#src/dataset/stream";
import type { Experiment } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import type { OpenPlan } from "#src/experiment/open-plan";
import { sampleCheck } from "#src/experiment/sample-check";
import type { StopRequest } from "#src/experiment/session";
import { ConfigError } from "#src/kernel/errors";
import { nextTurn } from "#src/kernel/turns";
import type { RowFeed, RunScope } from "#supervisors/run-scope";
import { inUserCode } from "./load-error.ts";
import { refuseSecretItem } from "./secret-parameters.ts";
import type { SeenRow, SeenRows } from "./seen-rows.ts";

/** Rows that are read at once: few for a run that does few tasks at a time, so that no more is asked of a source than is needed. */
const LEAST_ROWS = 16;
const MOST_ROWS = 256;
/** Rows that are held for tasks that have not ended, or as many as there may be tasks twice. A condition that is this far ahead of another one waits for it. */
const HELD_MOST = 1024;

export interface StreamReaderParts {
  readonly stream: DatasetStream;
  readonly experiment: Experiment;
  readonly plan: OpenPlan;
  readonly seen: SeenRows;
  /** Whether the task of an ordinal has ended. */
  readonly isFinished: (ordinal: number) => boolean;
  /** Ends the run where its store refuses. */
  readonly stop: (request: StopRequest) => void;
  readonly facts: FactSink;
}

/**
 * Reads the rows of a stream as the feeders of a run want them. A row is written down before its tasks are begun, and held until they have
 * ended.
 */
export class StreamReader implements RowFeed {
  readonly #parts: StreamReaderParts;
  readonly #itemOf: (row: unknown, number: number) => Promise<DatasetItem>;
  readonly #controller = new AbortController();
  /** Conditions that feed no more. */
  readonly #left = new Set<number>();
  #rows: AsyncIterator<unknown> | Iterator<unknown> | undefined;
  /** The row that is waited for. */
  #next: Promise<IteratorResult<unknown>> | undefined;
  /** Number of the row that the source gives next. */
  #at = 0;
  /** First row that is not passed over. */
  #from = 0;
  #isReading = false;
  #isWanted = false;
  #hasEnded = false;
  #pools: RunScope["pools"] = new Map();
  #isClosed = false;
  /** Why rows behind those that are planned cannot be read: kept until those are fed. */
  #later: unknown;
  #failed: StopRequest | undefined;

  constructor(parts: StreamReaderParts) {
    this.#parts = parts;
    this.#itemOf = itemReader(parts.experiment);
  }

  /** The manifest with the rows that were read so far. */
  get manifest(): Manifest {
    return this.#parts.seen.manifest;
  }

  /**
   * Finds its place, and reads the first rows.
   *
   * @throws ConfigError where the source cannot be read, has no rows, or is not the one that was read before
   */
  async begin(): Promise<void> {
    const { plan, seen, stream } = this.#parts;
    const { count } = seen;
    let first = 0;
    while (first < count && !this.#isNeeded(first)) first++;
    if (seen.hasEnded && first === count) {
      plan.resume(count, count);
      this.#hasEnded = true;
      plan.close();
      return;
    }
    // where nothing is left of what was read, its last row tells whether the source is the one that it was
    this.#from = first < count ? first : Math.max(0, count - 1);
    plan.resume(count, this.#from);
    const from = stream.open.length === 0 ? 0 : this.#from;
    this.#at = from;
    const rows = await inUserCode("dataset", "failed", () => stream.open(from, this.#controller.signal));
    this.#rows = iteratorOf(rows);
    try {
      while (plan.isOpen && this.#at <= this.#from && !this.#isClosed) await this.#read();
    } catch (error) {
      if (count === 0 || plan.held === 0) throw error; // a new run begins nothing on a source that fails at once
      this.#later = error;
    }
    if (seen.count === 0) throw new ConfigError("dataset", "must have at least one row", undefined, "It is empty");
  }

  get isOpen(): boolean {
    return this.#parts.plan.isOpen && !this.#failed;
  }

  /** Why the run ends although its source has not: said when the tasks of all rows that were read have ended. */
  get failed(): StopRequest | undefined {
    return this.#failed;
  }

  /** Tells the feeders from now on when more tasks are planned, or none will come. */
  feed(pools: RunScope["pools"]): void {
    this.#pools = pools;
  }

  want(): void {
    this.#isWanted = true;
    if (this.#later !== undefined) this.#fail(this.#later);
    if (this.#isReading || this.#hasEnded || this.#isClosed || !this.#rows) return;
    const { plan, experiment } = this.#parts;
    const most = Math.max(HELD_MOST, 2 * experiment.config.maxParallel);
    if (plan.held >= most / 2) plan.release((row) => this.#isNeeded(row));
    if (plan.held >= most) return; // until some of their tasks have ended
    this.#isReading = true;
    this.#isWanted = false;
    void this.#read().then(
      () => {
        this.#isReading = false;
        this.#tell();
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #tell(): void {
    if (!this.#isClosed) for (const feeder of [...this.#pools.values()]) feeder.feed();
  }

  committed(): void {
    if (this.#isWanted) this.want();
  }

  left(condition: number): void {
    this.#left.add(condition);
    this.committed();
  }

  /** Reads no more, and has the source let go of what it holds. */
  close(): void {
    this.#isClosed = true;
    this.#controller.abort();
    const rows = this.#rows;
    this.#rows = undefined;
    // not waited for: one that waits for a row itself may never answer
    void Promise.resolve(this.#next)
      .catch(() => {})
      .then(() => rows?.return?.())
      .catch(() => {});
  }

  /** Reads as many rows as are there, and waits for one. */
  async #read(): Promise<void> {
    const { seen, plan, experiment } = this.#parts;
    const most = this.#mostRows();
    const came: SeenRow[] = [];
    let failed: unknown;
    try {
      const wanted = Math.min(MOST_ROWS, Math.max(LEAST_ROWS, experiment.config.maxParallel), most - this.#at);
      await this.#gather(wanted, came);
    } catch (error) {
      failed = error; // the rows before it are whole
    }
    if (this.#isClosed) return;
    const known = seen.count;
    const fresh = came.filter(({ row }) => row >= known);
    const { conditions, repeat } = experiment;
    if (fresh.length > 0) await seen.add(fresh, (known + fresh.length) * conditions.length * repeat);
    for (const { item, row } of came) if (row >= this.#from) plan.add(this.#isNeeded(row) ? item : undefined);
    if (failed !== undefined) throw failed;
    if (this.#at >= most) this.#hasEnded = true;
    if (!this.#hasEnded) return;
    if (!seen.hasEnded) await seen.end();
    plan.close();
  }

  /** Where reading ends at the latest. */
  #mostRows(): number {
    const { seen, experiment } = this.#parts;
    if (seen.hasEnded) return seen.count;
    return experiment.datasetConfig.limit ?? Number.POSITIVE_INFINITY;
  }

  async #gather(wanted: number, into: SeenRow[]): Promise<void> {
    const { seen, experiment } = this.#parts;
    const later = new Promise<undefined>((resolve) => nextTurn(() => resolve(undefined)));
    for (let gathered = 0; gathered < wanted; gathered++) {
      this.#next ??= this.#ask();
      const step = gathered === 0 ? await this.#next : await Promise.race([this.#next, later]);
      if (step === undefined) return; // what is there is worked on meanwhile
      this.#next = undefined;
      if (step.done) return this.#end();
      const row = this.#at;
      const one = { item: await this.#itemOf(step.value, row), row };
      if (row < seen.count) {
        if (!seen.isSame(one)) throw changed(row);
      } else if (experiment.datasetConfig.id !== POSITION) {
        const earlier = seen.repeatOf(one);
        if (earlier !== undefined)
          throw repeatedId(one.item.id, `dataset[${row}]`, `dataset[${earlier}]`, experiment.datasetConfig);
      }
      this.#at += 1;
      into.push(one);
    }
  }

  #ask(): Promise<IteratorResult<unknown>> {
    const asked = inUserCode(`dataset[${this.#at}]`, "cannot be read: its source failed", async () =>
      this.#rows!.next(),
    );
    asked.catch(() => {}); // heard where it is awaited
    return asked;
  }

  /** @throws ConfigError where rows are missing */
  #end(): void {
    const { seen, stream, experiment } = this.#parts;
    const must = Math.max(
      seen.count,
      Math.min(stream.rows ?? 0, experiment.datasetConfig.limit ?? Number.POSITIVE_INFINITY),
    );
    const why = must > seen.count ? "that streamed() says it has" : "that were read of it before";
    if (this.#at < must)
      throw new ConfigError("dataset", `must have the ${must} rows ${why}, and has none from number ${this.#at} on`);
    this.#hasEnded = true;
  }

  /** Whether a task of the row has not ended, in a condition that still feeds. */
  #isNeeded(row: number): boolean {
    const { plan, isFinished } = this.#parts;
    const [first, end] = plan.tasksAt(row);
    for (let ordinal = first; ordinal < end; ordinal++)
      if (!isFinished(ordinal) && !this.#left.has(ordinal % plan.conditions.length)) return true;
    return false;
  }

  #fail(error: unknown): void {
    const { seen, stop, facts } = this.#parts;
    if (this.#isClosed) return;
    if (!(error instanceof ConfigError)) {
      stop({ status: "aborted", reason: (error as Error).message, cause: "store" });
      return;
    }
    const reason = `${error.message}. Nothing is lost: all ${seen.count} rows before it are kept, and resume continues behind them`;
    this.#failed = { status: "aborted", reason, cause: "source", quotesTask: true };
    this.#tell(); // first the rows before the one that cannot be read
    this.close();
    facts({ type: "source.failed", message: error.message });
  }
}

const iteratorOf = (rows: AsyncIterable<unknown> | Iterable<unknown>): AsyncIterator<unknown> | Iterator<unknown> => {
  if (typeof rows === "object" && rows !== null) {
    if (Symbol.asyncIterator in rows) return rows[Symbol.asyncIterator]();
    if (Symbol.iterator in rows) return rows[Symbol.iterator]();
  }
  throw new ConfigError(
    "streamed()",
    "must be given a function that returns rows one after the other: an iterable",
    rows,
  );
};

/** Reads a row as an item of an experiment, and checks it. */
function itemReader({ conditions, datasetConfig, statisticalAnalysis: { by = [] } }: Experiment) {
  const check = sampleCheck(conditions);
  return async (given: unknown, number: number): Promise<DatasetItem> => {
    const place = `dataset[${number}]`;
    const [placed] = await rowsBySchema([{ row: given, place }], datasetConfig);
    const named = toItem(placed!, datasetConfig, datasetConfig.id === POSITION ? String(number) : undefined);
    check(named, place);
    const item = by.length > 0 ? withOwnSlices(named, by) : named;
    refuseSecretItem(item, place);
    return item;
  };
}

const changed = (row: number): ConfigError =>
  new ConfigError(
    `dataset[${row}]`,
    "must be the row that the run read at this place before: the source has changed",
    undefined,
    "Resume with the source as it was, or start a new run",
  );
