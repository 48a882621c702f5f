import { parseArgs } from "node:util";
import { queueChaos } from "./chaos/queue.ts";

/** `npm run chaos:queue -- --tasks 5000 --kills 20 --seed 1 [--workers 2]`: kill -9 of coordinator, workers and Redis, at random. */
const { values } = parseArgs({
  options: {
    tasks: { type: "string", default: "1000" },
    kills: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    workers: { type: "string", default: "2" },
  },
});
const { kills, lost, duplicated, different, again, counted, countedCost, tasks, seconds } = await queueChaos({
  tasks: Number(values.tasks),
  kills: Number(values.kills),
  seed: values.seed,
  workers: Number(values.workers),
  say: console.log,
});
for (const task of lost.slice(0, 20)) console.log(`lost ${task}`);
for (const task of duplicated.slice(0, 20)) console.log(`done again although it was stored: ${task}`);
for (const task of different.slice(0, 20)) console.log(task);
const sum = kills.coordinator + kills.worker + kills.redis;
console.log(
  `chaos:queue: ${tasks} tasks, ${sum} kills (${kills.coordinator} coordinator, ${kills.worker} workers, ${kills.redis} Redis) in ${seconds.toFixed(0)} s, ` +
    `${lost.length} lost, ${duplicated.length} duplicated, ${different.length} different, ${again} made again (${counted} counted, costing ${countedCost.toFixed(2)})`,
);
process.exit(lost.length + duplicated.length + different.length > 0 ? 1 : 0);
