import { mustBeWhole, type SealedTable } from "./sqlite-checksum.ts";
import { type Database, rowsOf, type SqlValue } from "./sqlite-driver.ts";
import { isSealed } from "./sqlite-migrations.ts";

/** Most rows, and about as many characters, that are read together: what one row holds is not known before. */
const MOST_ROWS = 256;
const CHARACTERS = 1_000_000;

/** Which rows of a table are read: those for which a condition in SQL holds, in the order of a column of whole numbers that no two of them share. */
export interface Wanted {
  readonly table: SealedTable;
  readonly by: "ordinal" | "number";
  readonly where?: string;
}

/**
 * Reads many rows, each as it was written: a third of the time that statements take. SQLite hands the values of a row to a function, which costs 1 microsecond,
 * where a statement makes an object of them in 3; and nothing is left open between rows, for which a driver or another process would have to wait.
 */
export class SqliteReader {
  readonly #path: string;
  readonly #database: Database;
  readonly #isSealed: boolean;
  /** Columns of each table: a file of an older version that is only read has others. */
  readonly #columns = new Map<SealedTable, readonly string[]>();
  #told: SqlValue[][] = [];

  constructor(path: string, database: Database) {
    this.#path = path;
    this.#database = database;
    this.#isSealed = isSealed(database);
    database.function("told_row", { varargs: true }, (...values) => {
      this.#told.push(values);
      return null;
    });
  }

  /** Rows, a few at a time: what is written while they are read is seen or not, each row whole. @throws StoreError for one that is damaged */
  *each<Row extends object>(wanted: Wanted): Generator<Row> {
    let last = "";
    for (let count = 1; ; ) {
      const rows = this.#read(wanted, last, count);
      let characters = 0;
      for (const row of rows) {
        characters += ((row as { readonly json?: string }).json ?? "").length;
        yield row as Row;
      }
      if (rows.length < count) return;
      last = `AND ${wanted.by} > ${(rows.at(-1) as Record<string, number>)[wanted.by]}`;
      count = Math.max(1, Math.min(MOST_ROWS, 4 * count, Math.floor((count * CHARACTERS) / characters)));
    }
  }

  /** The first rows, together. @throws StoreError for one that is damaged */
  first<Row extends object>(wanted: Wanted, count: number): Row[] {
    return this.#read(wanted, "", count) as Row[];
  }

  #read({ table, by, where = "1" }: Wanted, beyond: string, count: number): object[] {
    const columns = this.#columns.get(table) ?? columnsOf(this.#database, table);
    this.#columns.set(table, columns);
    this.#told = [];
    this.#database.exec(
      `SELECT told_row(${columns.join(", ")}) FROM ${table} WHERE ${where} ${beyond} ORDER BY ${by} LIMIT ${count}`,
    );
    return this.#told.map((values) => {
      const row: Record<string, SqlValue> = {};
      for (let at = 0; at < columns.length; at++) row[columns[at]!] = values[at]!;
      return mustBeWhole(this.#path, table, row, this.#isSealed);
    });
  }
}

const columnsOf = (database: Database, table: SealedTable): string[] =>
  rowsOf(database, "name", `FROM pragma_table_info('${table}')`).map(([name]) => name as string);
