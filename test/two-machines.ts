import { parseArgs } from "node:util";
import { budgetOf, canMakeNamespaces, LIMITS, rehearse } from "./two-machines/rehearse.ts";

/** `npm run two-machines -- [--tasks 1200] [--partition 60] [--way namespaces|proxies]`: a run whose workers are on two machines with bad lines. */
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1200" },
    partition: { type: "string", default: "60" },
    way: { type: "string" },
  },
});
const tasks = Number(values.tasks);
const way = values.way === "proxies" || (values.way === undefined && !canMakeNamespaces()) ? "proxies" : "namespaces";
if (way === "proxies" && values.way === undefined)
  console.log("network namespaces cannot be made here (as root, with iproute2): proxies stand for the lines");
const found = await rehearse({ tasks, partitionS: Number(values.partition), way, say: console.log });
const { rows, different, twice, executions, again, counted, by, peak, begunIn10S, paid, booked } = found;
const most10S = 10 * LIMITS.rateLimit + LIMITS.maxParallel; // what waits on a bad line arrives together
const laws: [text: string, holds: boolean][] = [
  [
    `${rows} rows of ${tasks}, ${different.length} other than those of a straight run`,
    rows === tasks && different.length === 0,
  ],
  [`${twice.length} tasks begun although their row was stored`, twice.length === 0],
  [
    `${executions} executions (${Object.entries(by)
      .map(([machine, n]) => `${machine.replace("-", " ")}: ${n}`)
      .join(", ")}), ${again} of them again, ${counted} counted in rows`,
    again >= 0 && Object.keys(by).length === 2,
  ],
  [`at most ${peak} at a time of ${LIMITS.maxParallel}`, peak <= LIMITS.maxParallel],
  [`at most ${begunIn10S} begun within 10 s of ${LIMITS.rateLimit} a second`, begunIn10S <= most10S],
  [
    `paid ${paid.toFixed(2)}, in the books ${booked.toFixed(2)}, budget ${budgetOf(tasks).toFixed(2)}`,
    paid <= booked + 1e-9 && booked <= budgetOf(tasks),
  ],
];
for (const [text, holds] of laws) console.log(`${holds ? "  ok" : "FAIL"}    ${text}`);
process.exit(laws.every(([, holds]) => holds) ? 0 : 1);
