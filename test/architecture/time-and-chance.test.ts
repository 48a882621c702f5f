import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

const mayAsk = /^src\/(app|cli|viewer|inspector|backends|testing|execute)\/|^src\/kernel\/(clock|time)\.ts$/;
const asks = /\bDate\.now\b|\bnew Date\(|\bMath\.random\b|(?<![.\w])set(Timeout|Interval)\(/;
const withoutComments = (text: string): string => text.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, "");

it("time and chance come from outside: a clock that is given, a stream that is seeded", () => {
  const files = ["src", "actors", "supervisors"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => `${folder}/${name}`),
  );
  const sources = files.filter((file) => file.endsWith(".ts") && !mayAsk.test(file));
  const offences = sources.flatMap(
    (file) => asks.exec(withoutComments(readFileSync(file, "utf8")))?.[0]?.concat(` in ${file}`) ?? [],
  );
  expect(sources.length).toBeGreaterThan(50);
  expect(offences).toEqual([]);
});
