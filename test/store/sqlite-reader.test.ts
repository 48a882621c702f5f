import { describe, expect, it } from "vitest";
import { sealed } from "#src/store/sqlite-checksum";
import { type Database, openDatabase } from "#src/store/sqlite-driver";
import { migrate } from "#src/store/sqlite-migrations";
import { SqliteReader } from "#src/store/sqlite-reader";

/** A file with entries of the given texts, and how many rows were read together. */
function withEntries(texts: readonly string[]): { reader: SqliteReader; together: number[] } {
  const database = openDatabase(":memory:");
  migrate(database);
  const insert = database.prepare("INSERT INTO entry VALUES (?, ?, ?, ?)");
  for (const [i, text] of texts.entries()) insert.run(...sealed(["list", i * 3, text]));
  const together: number[] = [];
  const watched: Database = {
    exec(sql) {
      const [, limit] = /^SELECT told_row.* LIMIT (-?\d+)$/.exec(sql) ?? [];
      if (limit !== undefined) together.push(Number(limit));
      database.exec(sql);
    },
    function: (name, options, call) => database.function(name, options, call),
    prepare: (sql) => database.prepare(sql),
    close: () => database.close(),
  };
  return { reader: new SqliteReader("file", watched), together };
}

const entries = { table: "entry", by: "number", where: "list = 'list'" } as const;

describe("rows that are read together", () => {
  it("are all rows, once each and in order, whatever their number", () => {
    for (const count of [0, 1, 2, 5, 21, 600]) {
      const { reader } = withEntries(Array.from({ length: count }, (_, i) => `${i}`));
      const read = [...reader.each<{ number: number; json: string }>(entries)];
      expect(read.map(({ number, json }) => [number, json])).toEqual(
        Array.from({ length: count }, (_, i) => [i * 3, `${i}`]),
      );
    }
  });

  it("are many where they are small, and few where they are large: memory holds some megabytes of them", () => {
    const small = withEntries(Array.from({ length: 700 }, () => "1"));
    expect([...small.reader.each(entries)]).toHaveLength(700);
    expect(small.together).toEqual([1, 4, 16, 64, 256, 256, 256]);
    const large = withEntries(Array.from({ length: 12 }, () => "x".repeat(400_000)));
    expect([...large.reader.each(entries)]).toHaveLength(12);
    expect(Math.max(...large.together)).toBeLessThanOrEqual(4);
  });

  it("may be read by two at a time, and be written to meanwhile", () => {
    const { reader } = withEntries(["a", "b", "c", "d"]);
    const one = reader.each<{ json: string }>(entries);
    const two = reader.each<{ json: string }>(entries);
    expect([one.next(), two.next(), one.next(), two.next(), one.next()].map(({ value }) => value.json)).toEqual([
      ...["a", "a", "b", "b", "c"],
    ]);
  });
});
