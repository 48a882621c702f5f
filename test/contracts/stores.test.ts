import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, expect, it } from "vitest";
import { ConfigError } from "#src/kernel/errors";
import { memoryStore } from "#src/store/memory";
import { type SqliteOptions, sqliteStore } from "#src/store/sqlite";
import { browseSqlite } from "#src/store/sqlite-browse";
import { openDatabase } from "#src/store/sqlite-driver";
import { barestRow, type StorePlace, storeContract, storedRow } from "#src/testing/store-contract";
import { loader } from "../real/command.ts";
import { temporaryFolder } from "../support.ts";

const folder = temporaryFolder();
let files = 0;
const newFile = (): string => join(folder, `run${++files}.db`);

const places: Readonly<Record<string, () => StorePlace>> = {
  "in memory": () => {
    const store = memoryStore();
    return { open: () => store };
  },
  "in a file": () => {
    const path = newFile();
    return { open: () => sqliteStore(path) };
  },
  "in a file, safe from power loss": () => {
    const path = newFile();
    return { open: () => sqliteStore(path, { durability: "power-loss" }) };
  },
};

for (const [name, place] of Object.entries(places)) {
  describe(`a store ${name}`, () => {
    for (const law of storeContract(place)) it(law.name, law.check);
  });
}

/** The sentence with which a store refuses to open. */
function refusal(path: string, options?: SqliteOptions): string {
  try {
    sqliteStore(path, options).close();
  } catch (fault) {
    if (fault instanceof ConfigError) return fault.message;
    throw fault;
  }
  return expect.unreachable("it opened");
}

/** Takes back what the newest layouts added. */
const withoutChecksums = (...tables: string[]): string =>
  `DROP TABLE answer; DROP TABLE entry; ${tables.map((table) => `ALTER TABLE ${table} DROP COLUMN checksum;`).join(" ")} PRAGMA application_id = 0;`;

describe("a file", () => {
  it("is made with the folders it lies in", () => {
    const path = join(folder, "new", "folders", "run.db");
    sqliteStore(path).close();
    expect(refusal(join(folder, "new", "other", "run.db"), { mode: "read" })).toBe(
      `${join(folder, "new", "other", "run.db")} must be the store of a run. There is no such file`,
    );
    sqliteStore(path, { mode: "read" }).close();
  });

  it("shows a reader every row that was acknowledged, while the run is active and after it", () => {
    const path = newFile();
    const writer = sqliteStore(path);
    writer.append([barestRow(0)]);
    const reader = sqliteStore(path, { mode: "read" });
    expect([...reader.outcomes()]).toEqual([barestRow(0)]);
    writer.append([storedRow(1)]);
    expect([...reader.outcomes()]).toEqual([barestRow(0), storedRow(1)]);
    expect(reader.sums()).toHaveLength(2);
    writer.close();
    reader.close();
    const later = sqliteStore(path, { mode: "read" });
    expect([...later.outcomes()]).toHaveLength(2);
    later.close();
  });

  it("keeps items for those who look, as far as JSON has words for them and they are of reasonable length", () => {
    const path = newFile();
    const store = sqliteStore(path);
    const circular: Record<string, unknown> = {};
    circular.self = circular;
    const rows = { fine: { question: "1 + 1?" }, long: "x".repeat(70_000), circular, nothing: undefined, big: 1n };
    store.putItems!(Object.entries(rows).map(([id, row]) => ({ id, row })));
    store.close();
    const browser = browseSqlite(path);
    expect(Object.keys(rows).map((id) => browser.item(id))).toEqual([rows.fine, ...Array(4).fill(undefined)]);
    browser.close();
  });

  it("does not copy a dataset that is large: no run waits for that", () => {
    const path = newFile();
    const store = sqliteStore(path);
    store.putItems!(Array.from({ length: 20_001 }, (_, i) => ({ id: `${i}`, row: i })));
    store.close();
    const browser = browseSqlite(path);
    expect(browser.item("0")).toBeUndefined();
    browser.close();
  });

  it("is whole by itself once it is closed", () => {
    const [path, copy] = [newFile(), newFile()];
    const store = sqliteStore(path);
    store.append([storedRow(0), storedRow(1)]);
    store.close();
    copyFileSync(path, copy);
    const copied = sqliteStore(copy, { mode: "read" });
    expect([...copied.outcomes()]).toEqual([storedRow(0), storedRow(1)]);
    copied.close();
  });

  it("stores a batch as a whole or not at all", () => {
    const store = sqliteStore(newFile());
    const ring: Record<string, unknown> = {};
    ring.self = ring;
    expect(() => store.append([barestRow(0), { ...barestRow(1), output: ring }])).toThrow(TypeError);
    expect([...store.outcomes()]).toEqual([]);
    expect(store.append([barestRow(0)])).toEqual([0]);
    store.close();
  });

  it("has one writer; the next may open it when it is closed", () => {
    const path = newFile();
    const writer = sqliteStore(path);
    const sentence = `${path} is being run by another process. Wait for it, or stop it; two runs never share a store`;
    expect(refusal(path)).toBe(sentence);
    writer.close();
    sqliteStore(path).close();
  });

  it("that is not a store is refused in a sentence, left as it was, and not locked", () => {
    const path = newFile();
    const text = "These are my notes, and no data base at all. ".repeat(100);
    writeFileSync(path, text);
    const sentence = `${path} cannot be opened as the store of a run (file is not a database). It was left as it is`;
    expect(refusal(path)).toBe(sentence);
    expect(refusal(path)).toBe(sentence);
    expect(refusal(path, { mode: "read" })).toBe(sentence);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  it("that is somebody else's data base is refused when it is read", () => {
    const path = newFile();
    const other = openDatabase(path);
    other.exec("CREATE TABLE song (title TEXT)");
    other.close();
    expect(refusal(path, { mode: "read" })).toBe(
      `${path} cannot be opened as the store of a run (no such table: meta). It was left as it is`,
    );
  });

  it("that is a folder is refused in a sentence", () => {
    const path = newFile();
    mkdirSync(path);
    expect(refusal(path)).toBe(`${path} must be the store of a run. It is a folder`);
  });

  it.each(["run", "read"] as const)(
    "of a newer version is refused by mode %s, left as it was, and not locked",
    (mode) => {
      const path = newFile();
      const newer = openDatabase(path);
      newer.exec("CREATE TABLE meta (key TEXT PRIMARY KEY, json TEXT); PRAGMA user_version = 999");
      newer.close();
      const before = readFileSync(path);
      const sentence =
        /was written by a newer version \(layout 999; this version knows \d+\)\. Update crucible-harness to read it$/;
      expect(refusal(path, { mode })).toMatch(sentence);
      expect(refusal(path, { mode })).toMatch(sentence);
      expect(readFileSync(path).equals(before)).toBe(true);
    },
  );

  it("of an older version is brought up to date with its rows", () => {
    const path = newFile();
    const store = sqliteStore(path);
    store.append([storedRow(1)]);
    store.close();
    const older = openDatabase(path);
    older.exec(
      `DROP TABLE reservation; DROP TABLE lost; DROP TABLE item; DROP TABLE earlier; ${withoutChecksums("meta", "session", "result")} PRAGMA user_version = 1`,
    );
    older.close();
    const browser = browseSqlite(path);
    expect([browser.item("x"), browser.task(1)]).toEqual([undefined, storedRow(1)]); // who only looks brings nothing up to date
    browser.close();
    const today = sqliteStore(path);
    expect([...today.outcomes()]).toEqual([storedRow(1)]);
    expect(today.closeReservations()).toEqual([]);
    today.close();
  });

  it("of an older version keeps what was lost in its sessions", () => {
    const path = newFile();
    sqliteStore(path).close();
    const older = openDatabase(path);
    older.exec(
      `DROP TABLE item; DROP TABLE earlier; ${withoutChecksums("meta", "session", "result", "reservation", "lost")} ALTER TABLE lost DROP COLUMN attempts; INSERT INTO lost VALUES ('a', 1, 2); PRAGMA user_version = 2`,
    );
    older.close();
    const today = sqliteStore(path);
    expect(today.closeReservations()).toEqual([{ condition: "a", cost: 2, tasks: 1 }]);
    today.close();
  });
});

it("rows that were acknowledged survive kill -9; until then the process has the only right to write", async () => {
  const path = newFile();
  const script = `
    import { sqliteStore } from "#src/store/sqlite";
    import { barestRow } from "#src/testing/store-contract";
    const store = sqliteStore(${JSON.stringify(path)});
    store.append([barestRow(0), barestRow(1)]);
    console.log("stored");
    process.stdin.resume();`;
  const flags = [...loader, "--input-type=module", "--eval", script];
  const holder = spawn(process.execPath, flags, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = once(holder, "exit");
  try {
    const [line] = (await once(createInterface(holder.stdout), "line")) as [string];
    expect(line).toBe("stored");
    expect(refusal(path)).toMatch(/is being run by another process/);
    const reader = sqliteStore(path, { mode: "read" });
    expect([...reader.outcomes()]).toHaveLength(2);
    reader.close();
  } finally {
    holder.kill("SIGKILL");
  }
  expect(await ended).toEqual([null, "SIGKILL"]);
  const store = sqliteStore(path);
  expect([...store.outcomes()]).toEqual([barestRow(0), barestRow(1)]);
  store.close();
});
