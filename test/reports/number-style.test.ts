import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Places of a picture and numbers that a browser makes are not text for people made here. */
const drawings = [
  "reports/pgfplots.ts",
  "reports/svg-parts.ts",
  "reports/svg-plane.ts",
  "reports/svg-rows.ts",
  "reports/html-items-script.ts",
  "viewer/pace-svg.ts",
  "viewer/parts.ts",
  "viewer/timeline.ts",
];

it("chooses the digits of every number that people read in one module", () => {
  const source = new URL("../../src/", import.meta.url);
  const rooms = ["reports", "viewer", "cli", "app"];
  const files = rooms.flatMap((room) =>
    readdirSync(new URL(room, source), { recursive: true, encoding: "utf8" }).map((name) => `${room}/${name}`),
  );
  const code = files.filter((name) => name.endsWith(".ts") && name !== "reports/cell.ts" && !drawings.includes(name));
  expect(code.length).toBeGreaterThan(100);
  const elsewhere = code.filter((name) =>
    /\.(toFixed|toPrecision|toExponential|toLocaleString)\(|NumberFormat/.test(
      readFileSync(new URL(name, source), "utf8"),
    ),
  );
  expect(elsewhere).toEqual([]);
});
