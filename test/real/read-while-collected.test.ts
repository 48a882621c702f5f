import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { sqliteStore } from "#src/store/sqlite";
import { outcome } from "../reports/manifest.ts";

it("rows are read to their end while the garbage collector runs", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const folder = mkdtempSync(join(tmpdir(), "crucible-collected-"));
  const store = sqliteStore(join(folder, "run.db"));
  try {
    store.append(Array.from({ length: 2000 }, (_, i) => outcome({ condition: "a", itemId: `q${i}` }, i)));
    let rows = 0;
    for (const { ordinal } of store.outcomes()) {
      expect(ordinal).toBe(rows);
      if (rows % 100 === 0) {
        collect();
        await new Promise(setImmediate); // what was collected is freed between two turns of the loop
      }
      rows += 1;
    }
    expect(rows).toBe(2000);
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
});
