import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memoryStore } from "#src/store/memory";
import { sqliteStore } from "#src/store/sqlite";
import type { RunStore } from "#src/store/store";

/** Where rows are kept in a simulation. */
export type StorePlaceName = "memory" | "sqlite";

/** What outlives the processes of a simulated run. */
export interface SimulatedDisk {
  /** The store for the next process. */
  open(): RunStore;
  /** What was committed is all that is left, as after `kill -9`. */
  kill(): void;
}

/** @param atEnd called with what gives its files back */
export const simulatedDisk = (place: StorePlaceName, atEnd: (end: () => void) => void): SimulatedDisk =>
  place === "memory" ? memoryDisk() : sqliteDisk(atEnd);

function memoryDisk(): SimulatedDisk {
  const store = { ...memoryStore(), close: () => {} };
  return { open: () => store, kill: () => {} };
}

function closed(store: RunStore): void {
  try {
    void store.close();
  } catch {
    // the run that ended has closed it
  }
}

/** A killed process leaves its files as they are at that moment: the next one opens a copy of them, and the first stays open until the simulation ends. */
function sqliteDisk(atEnd: (end: () => void) => void): SimulatedDisk {
  const folder = mkdtempSync(join(tmpdir(), "crucible-simulated-"));
  const opened: RunStore[] = [];
  let lives = 0;
  const path = (): string => join(folder, `${lives}.db`);
  atEnd(() => {
    for (const store of opened) closed(store);
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    open() {
      const store = sqliteStore(path());
      opened.push(store);
      return store;
    },
    kill() {
      const before = path();
      lives += 1;
      for (const suffix of ["", "-wal"])
        if (existsSync(before + suffix)) copyFileSync(before + suffix, path() + suffix);
    },
  };
}
