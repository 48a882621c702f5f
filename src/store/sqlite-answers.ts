import { type Answer, answerAgain } from "#src/experiment/attempts";
import { didReturn, type Outcome } from "#src/experiment/outcome";
import { sealed } from "./sqlite-checksum.ts";
import type { SqlValue, Statement } from "./sqlite-driver.ts";

/** Answers in one statement. */
const AT_ONCE = 16;
const PUT = Array.from(
  { length: AT_ONCE + 1 },
  (_, rows) => `INSERT OR IGNORE INTO answer VALUES ${Array(rows).fill("(?, ?, ?, ?)").join(", ")}`,
);
const DROP = Array.from(
  { length: AT_ONCE + 1 },
  (_, rows) => `DELETE FROM answer WHERE ordinal IN (${Array(rows).fill("?").join(", ")})`,
);

/** Whether the answer of its task says what the attempt of a reservation cost. */
export const IN_ANSWER =
  "EXISTS (SELECT 1 FROM answer WHERE answer.ordinal = reservation.ordinal AND reservation.attempt <= answer.attempts)";

/** An answer as it stands in the file. */
interface StoredAnswer {
  readonly ordinal: number;
  readonly attempts: number;
  readonly json: string;
}

const toStored = ({ ordinal, attempts, ...rest }: Answer): SqlValue[] =>
  sealed([ordinal, attempts, JSON.stringify(rest)]);

const fromStored = ({ ordinal, attempts, json }: StoredAnswer): Answer => ({
  ...(JSON.parse(json) as Omit<Answer, "ordinal" | "attempts">),
  ordinal,
  attempts,
});

/** What the answers need of their file. */
interface AnswerFile {
  /** Whether a query gives a row; leaves no statement that would hold a closed file. */
  has(from: string): boolean;
  prepared(sql: string): Statement;
  /** Rows of the table, each as it was written. */
  wholeRows(where?: string, ...values: SqlValue[]): StoredAnswer[];
}

/** The answers of a file that wait to be scored. All but `waiting` are called within a transaction. */
export class SqliteAnswers {
  readonly #file: AnswerFile;
  /** Whether there may be any: runs without solvers never ask again. */
  #some: boolean;

  constructor(file: AnswerFile) {
    this.#file = file;
    // files of older versions that are only read have no such table
    const isThere = file.has("FROM sqlite_schema WHERE type = 'table' AND name = 'answer'");
    this.#some = isThere && file.has("FROM answer LIMIT 1");
  }

  put(answers: readonly Answer[]): true {
    for (let from = 0; from < answers.length; from += AT_ONCE) {
      const together = answers.slice(from, from + AT_ONCE);
      this.#file.prepared(PUT[together.length]!).run(...together.flatMap(toStored));
    }
    this.#some = true;
    return true;
  }

  /** Those of tasks without a row, by ordinal. */
  waiting(): readonly Answer[] {
    const where = "WHERE ordinal NOT IN (SELECT ordinal FROM result) ORDER BY ordinal";
    return this.#some ? this.#file.wholeRows(where).map(fromStored) : [];
  }

  /** That of a task, whether it has a row or not. */
  of(ordinal: number): Answer | undefined {
    const [row] = this.#some ? this.#file.wholeRows("WHERE ordinal = ?", ordinal) : [];
    return row && fromStored(row);
  }

  /** An answer goes with the row that comes of it; a row that failed leaves it. */
  scored(outcomes: readonly Outcome[]): void {
    if (!this.#some) return;
    const scored = outcomes.filter(({ scoring, finalStatus }) => scoring && didReturn(finalStatus));
    for (let from = 0; from < scored.length; from += AT_ONCE) {
      const ordinals = scored.slice(from, from + AT_ONCE).map(({ ordinal }) => ordinal);
      this.#file.prepared(DROP[ordinals.length]!).run(...ordinals);
    }
  }

  /** The row of a task was taken out of the results. */
  forget(ordinal: number): void {
    if (!this.#some) return;
    for (const row of this.#file.wholeRows("WHERE ordinal = ?", ordinal)) this.#replace(answerAgain(fromStored(row)));
  }

  /** Answers go to the places of a larger plan, and those without one go. */
  move(places: ReadonlyMap<number, number>): void {
    if (!this.#some) return;
    const answers = this.#file.wholeRows().map(fromStored);
    this.#file.prepared("DELETE FROM answer").run();
    for (const answer of answers) {
      const ordinal = places.get(answer.ordinal);
      if (ordinal !== undefined) this.#replace({ ...answer, ordinal });
    }
  }

  #replace(answer: Answer): void {
    this.#file.prepared("INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?)").run(...toStored(answer));
  }
}
