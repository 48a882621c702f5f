/**
 * Rates of false claims, coverage and power of whole analyses over a grid of seeded data sets, with their binomial bounds:
 *
 *     npm run calibrate            all data sets, some minutes
 *     npm run calibrate -- --short the first twentieth
 *     npm run calibrate -- --only "k 15"
 */
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Rate, rateLine, ratesOf } from "./calibrate/cell.ts";
import { cells } from "./calibrate/cells.ts";

const { values } = parseArgs({
  options: {
    short: { type: "boolean", default: false },
    only: { type: "string" },
    share: { type: "string" },
    child: { type: "boolean", default: false },
  },
});
const SHORT = 0.05;
const share = values.share === undefined ? (values.short ? SHORT : 1) : Number(values.share);

if (values.child) {
  process.on("message", (place: number) => process.send?.(ratesOf(cells[place]!, share)));
  process.on("disconnect", () => process.exit(0));
} else {
  const wanted = cells.flatMap(({ name }, place) => (values.only && !name.includes(values.only) ? [] : [place]));
  const rates = await inChildren(wanted);
  const outside = rates.filter(({ isOutside }) => isOutside);
  for (const rate of outside) console.log(rateLine(rate));
  console.log(`calibrate: ${wanted.length} cells, ${new Set(outside.map(({ cell }) => cell)).size} outside`);
  process.exitCode = outside.length > 0 ? 1 : 0;
}

/** Cells one after the other in as many processes as there are processors; each prints its rates when it ends. */
async function inChildren(places: readonly number[]): Promise<Rate[]> {
  const queue = [...places];
  const rates: Rate[] = [];
  const begun = performance.now();
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const child = fork(fileURLToPath(import.meta.url), [...process.argv.slice(2), "--child"]);
      const next = (): void => {
        const place = queue.shift();
        if (place === undefined) child.disconnect();
        else child.send(place);
      };
      child.on("message", (found: Rate[]) => {
        rates.push(...found);
        for (const rate of found) console.log(rateLine(rate));
        console.log(
          `  ${places.length - queue.length} of ${places.length} cells begun, ${((performance.now() - begun) / 1000).toFixed(0)} s`,
        );
        next();
      });
      child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`a child ended with ${code}`))));
      next();
    });
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), Math.max(1, places.length)) }, work));
  return rates;
}
