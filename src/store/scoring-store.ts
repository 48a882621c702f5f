import type { Answer } from "#src/experiment/attempts";
import type { Manifest, RunSession } from "#src/experiment/manifest";
import { didReturn, earlierErrorsOf, type Outcome } from "#src/experiment/outcome";
import { emptySummary, type StoreSummary, summarizeOutcomes } from "#src/experiment/store-summary";
import { answerAnew, answerInRow } from "#src/experiment/stored-answer";
import { ChurnMap } from "#src/kernel/churn-map";
import { ConfigError } from "#src/kernel/errors";
import { putMember } from "#src/kernel/record";
import { ATTEMPTS } from "./moved-entries.ts";
import type { Entries, EntryChange, RunStore, Spending, StoredReservation } from "./store.ts";

/** Names of the scorings that a store keeps beside the scores of its run, sorted. */
export function scoringsIn(store: RunStore): readonly string[] {
  const { entries } = store instanceof ScoringStore ? store.run : store;
  const found = (entries?.lists() ?? []).flatMap((list) => /^scoring\/(.+)\/manifest$/.exec(list)?.[1] ?? []);
  return [...found].sort();
}

/** What the row of an answer has already, which is not kept a second time. */
const inAnswer: ReadonlySet<string> = new Set([
  "completion",
  "messages",
  "finishReason",
  "finishWord",
  "reasoning",
  "target",
  "limit",
  "solverState",
]);

/**
 * One scoring of the answers of a run as a store of its own, within that of the run: of the run it shows the answers, and of the scoring
 * everything else. Tasks without an answer are as they are in the run.
 *
 * @throws ConfigError where the store cannot hold one
 */
export function scoringStore(run: RunStore, name: string): ScoringStore {
  const { entries } = run;
  if (!entries || !run.outcomeOf)
    throw new ConfigError(run.location, "cannot hold another scoring: its store has no `entries` and `outcomeOf`");
  return new ScoringStore(run, entries, name);
}

/** Rows of a condition that are read together. */
const AHEAD = 32;
/** Rows that were read ahead and not asked for, of tasks that are not begun, before they are dropped. */
const MOST_AHEAD = 1024;

/** See `scoringStore`. */
export class ScoringStore implements RunStore {
  readonly location: string;
  /** The store of the run. */
  readonly run: RunStore;
  readonly name: string;
  readonly #entries: Entries;
  #keepsState: boolean | undefined;
  #nextLost: number | undefined;
  #inRun: StoreSummary | undefined;
  #hasEarlier: boolean | undefined;
  /** Rows of the run that are about to be asked for, by ordinal; they stay as they are while their answers are scored. */
  readonly #ahead = new ChurnMap<number, Outcome>();

  constructor(run: RunStore, entries: Entries, name: string) {
    this.run = run;
    this.#entries = entries;
    this.name = name;
    this.location = `${run.location}, scoring ${name}`;
  }

  manifest(): Manifest | undefined {
    return this.#entries.one(this.#list("manifest"), 0)?.value as Manifest | undefined;
  }

  putManifest(manifest: Manifest): void {
    this.#entries.write([{ list: this.#list("manifest"), number: 0, value: manifest }]);
  }

  items(): ReturnType<NonNullable<RunStore["items"]>> {
    return this.run.items?.() ?? [];
  }

  append(outcomes: readonly Outcome[]): readonly number[] {
    const rows = outcomes.map((row) => ({ number: row.ordinal, value: this.#withoutAnswer(this.#withEarlier(row)) }));
    return this.#entries.add(this.#list("result"), rows);
  }

  /** Answers are those of the run; none is drawn. */
  putAnswers(): void {}

  recall(ordinal: number): Answer | undefined {
    const waiting = this.run.answerOf?.(ordinal);
    if (waiting) return answerAnew(waiting);
    const row = this.#rowOfRun(ordinal);
    return row && answerInRow(row, this.#keepsState ?? true);
  }

  #rowOfRun(ordinal: number): Outcome | undefined {
    if (!this.run.outcomesFrom) return this.run.outcomeOf!(ordinal);
    const known = this.#ahead.get(ordinal);
    if (known) {
      this.#ahead.delete(ordinal);
      return known;
    }
    if (this.#ahead.size > MOST_AHEAD) this.#ahead.clear();
    const [row, ...following] = this.run.outcomesFrom(ordinal, AHEAD);
    for (const each of following) this.#ahead.set(each.ordinal, each);
    return row;
  }

  /** Ended are the tasks that were scored, and those that failed in the run before they had an answer; those without a row in it are not to be begun. */
  async summary(recentRows: number): Promise<StoreSummary> {
    const manifest = await this.run.manifest();
    this.#keepsState = manifest?.scorers !== undefined;
    const done = summarizeOutcomes(this.#rows(), recentRows);
    const open = new Set<number>(); // of a run that has stopped: its waiting answers
    for await (const { ordinal } of this.run.answers?.() ?? []) open.add(ordinal);
    const inRun = await this.summaryOfRun();
    const ended: Outcome[] = [];
    const unanswered = new Set<number>();
    for await (const row of this.#failedRows(inRun)) {
      if (this.recall(row.ordinal)) continue;
      unanswered.add(row.ordinal);
      ended.push(withoutPrice(row));
    }
    const isOpen = (ordinal: number): boolean => !unanswered.has(ordinal);
    const answered = [...rangesOf(inRun.finished, isOpen), ...[...open].map((at) => ({ first: at, last: at }))];
    const closed = without(manifest?.plan.tasks ?? 0, answered);
    const { sums } = ended.length > 0 ? summarizeOutcomes(ended, 0) : emptySummary;
    return { finished: [...closed, ...done.finished], sums: [...done.sums, ...sums], recent: done.recent };
  }

  /** Where its rows leave the run; they stay as they are while its answers are scored. */
  async summaryOfRun(): Promise<StoreSummary> {
    this.#inRun ??= await this.run.summary(0);
    return this.#inRun;
  }

  /** Rows of the run that returned nothing. */
  async *#failedRows({ sums }: StoreSummary): AsyncGenerator<Outcome> {
    if (sums.every(({ finalStatus }) => didReturn(finalStatus))) return;
    if (this.run.failed && sums.every(({ finalStatus }) => finalStatus !== "skipped")) yield* this.run.failed();
    else for (const row of this.#rowsOfRun()) if (!didReturn(row.finalStatus)) yield row;
  }

  *outcomes(): Generator<Outcome> {
    const scored = this.#rows();
    let next = scored.next();
    for (const row of this.#rowsOfRun()) {
      for (; !next.done && next.value.ordinal < row.ordinal; next = scored.next()) yield next.value;
      if (!next.done && next.value.ordinal === row.ordinal) {
        yield withAnswer(next.value, row);
        next = scored.next();
      } else if (!didReturn(row.finalStatus) && !this.run.answerOf?.(row.ordinal)) yield withoutPrice(row);
    }
    for (; !next.done; next = scored.next()) yield next.value;
  }

  #rowsOfRun(): Iterable<Outcome> {
    const rows = this.run.outcomes();
    if (Symbol.iterator in rows) return rows;
    throw new ConfigError(this.run.location, "cannot hold another scoring: its rows must be there at once");
  }

  reserve(promise: StoredReservation): void {
    const number = promise.ordinal * ATTEMPTS + (promise.attempt % ATTEMPTS);
    this.#entries.write([{ list: this.#list("reservation"), number, value: promise }]);
  }

  settle(spent: StoredReservation): void {
    this.reserve(spent);
  }

  abandon(ordinal: number): number {
    const former = this.#reservations().filter(({ value }) => value.ordinal === ordinal);
    this.#entries.write(former.flatMap(({ number, value }) => this.#lost(number, value, 0)));
    return former.reduce((sum, { value }) => sum + value.amount, 0);
  }

  lose(spent: Omit<StoredReservation, "attempt">): void {
    this.#entries.write([this.#lostEntry({ ...spent, attempts: 0 })]);
  }

  closeReservations(): readonly Spending[] {
    const isOpen = (ordinal: number): boolean => !this.#entries.one(this.#list("result"), ordinal);
    this.#entries.write(
      this.#reservations().flatMap(({ number, value }) =>
        isOpen(value.ordinal) ? this.#lost(number, value, 1) : [{ list: this.#list("reservation"), number }],
      ),
    );
    const sums = new Map<string, Spending>();
    for (const { value } of this.#entries.all(this.#list("lost"))) {
      const { condition, amount, attempts } = value as LostAmount;
      const { cost, tasks } = sums.get(condition) ?? { cost: 0, tasks: 0 };
      sums.set(condition, { condition, cost: cost + amount, tasks: tasks + attempts });
    }
    return [...sums.values()];
  }

  forget(ordinals: readonly number[]): void {
    const rows = ordinals.flatMap(
      (ordinal) => this.#entries.one(this.#list("result"), ordinal)?.value ?? [],
    ) as Outcome[];
    this.#hasEarlier = undefined;
    this.#entries.write(
      rows.flatMap((row): EntryChange[] => [
        { list: this.#list("result"), number: row.ordinal },
        { list: this.#list("earlier"), number: row.ordinal, value: earlierErrorsOf(row) },
        this.#lostEntry({ ordinal: row.ordinal, condition: row.condition, amount: row.cost ?? 0, attempts: 1 }),
      ]),
    );
  }

  sessions(): readonly RunSession[] {
    return Array.from(this.#entries.all(this.#list("session")), ({ value }) => value as RunSession);
  }

  putSession(number: number, session: RunSession): void {
    this.#entries.write([{ list: this.#list("session"), number, value: session }]);
  }

  async close(): Promise<void> {
    await this.run.close();
  }

  #list(kind: string): string {
    return `scoring/${this.name}/${kind}`;
  }

  *#rows(): Generator<Outcome> {
    for (const { value } of this.#entries.all(this.#list("result"))) yield value as Outcome;
  }

  #withEarlier(row: Outcome): Outcome {
    this.#hasEarlier ??= hasAny(this.#entries.all(this.#list("earlier")));
    if (!this.#hasEarlier) return row;
    const kept = this.#entries.one(this.#list("earlier"), row.ordinal);
    return kept ? { ...row, earlierErrors: kept.value as Outcome["errorHistory"] } : row;
  }

  /** Answers that wait in the store have no row to be read from, and go with the one that comes of them. */
  #withoutAnswer(row: Outcome): Outcome {
    if (!row.output || this.run.answerOf?.(row.ordinal)) return row;
    const output: Record<string, unknown> = {};
    for (const name of Object.keys(row.output)) if (!inAnswer.has(name)) putMember(output, name, row.output[name]);
    return { ...row, output };
  }

  #reservations(): { readonly number: number; readonly value: StoredReservation }[] {
    return [...this.#entries.all(this.#list("reservation"))] as { number: number; value: StoredReservation }[];
  }

  #lost(number: number, { ordinal, condition, amount }: StoredReservation, attempts: number): EntryChange[] {
    const gone = { list: this.#list("reservation"), number };
    return [gone, this.#lostEntry({ ordinal, condition, amount, attempts })];
  }

  #lostEntry(value: LostAmount): EntryChange {
    const list = this.#list("lost");
    this.#nextLost ??= [...this.#entries.all(list)].length;
    return { list, number: this.#nextLost++, value };
  }
}

function hasAny(list: Iterable<unknown>): boolean {
  for (const _ of list) return true;
  return false;
}

/** What an attempt cost that is in no row. */
type LostAmount = Omit<StoredReservation, "attempt"> & { readonly attempts: number };

/** A scored row with what the run has of its answer. */
function withAnswer(scored: Outcome, { output, metrics: { tokens } }: Outcome): Outcome {
  if (!output || scored.output?.messages) return scored;
  const both: Record<string, unknown> = {};
  for (const name of Object.keys(output)) if (inAnswer.has(name)) putMember(both, name, output[name]);
  for (const name of Object.keys(scored.output ?? {})) putMember(both, name, scored.output![name]);
  const metrics = tokens === undefined ? scored.metrics : { tokens, ...scored.metrics };
  return { ...scored, metrics, output: both };
}

/** A task that has no answer, in a scoring: what it cost was paid by the run. */
const withoutPrice = ({ cost: _, usage: __, ...row }: Outcome): Outcome => row;

interface Range {
  readonly first: number;
  readonly last: number;
}

/** Parts of ranges for whose ordinals something holds. */
function* rangesOf(ranges: readonly Range[], holds: (ordinal: number) => boolean): Generator<Range> {
  for (const { first, last } of ranges) {
    let from = first;
    for (let at = first; at <= last + 1; at++) {
      if (at <= last && holds(at)) continue;
      if (at > from) yield { first: from, last: at - 1 };
      from = at + 1;
    }
  }
}

/** What is left of `0` to `size - 1` without the ranges. */
function without(size: number, ranges: readonly Range[]): Range[] {
  const left: Range[] = [];
  let from = 0;
  for (const { first, last } of [...ranges].sort((a, b) => a.first - b.first)) {
    if (first > from) left.push({ first: from, last: first - 1 });
    from = Math.max(from, last + 1);
  }
  if (from < size) left.push({ first: from, last: size - 1 });
  return left;
}
