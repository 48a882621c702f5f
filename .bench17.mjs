import { createActor } from "xstate";
import { dynamicSupervisor, spawn, normal } from "crucible-harness/supervision";
const running = { status: "active", output: undefined, error: undefined };
const table = { getInitialSnapshot: () => running, transition: (s, { type }) => type === "end" ? { status: "done", output: normal, error: undefined } : s, getPersistedSnapshot: (s) => s };
const root = createActor(dynamicSupervisor({ start: table, restart: "temporary", intensity: Infinity })).start();
const cpu = () => { const { user, system } = process.cpuUsage(); return user + system; };
const C = {
  bare: () => createActor(table).start().send({ type: "end" }),
  startstop: () => createActor(table).start().stop(),
  listener: () => { const a = createActor(table, { id: "child", input: 0 }); a.subscribe({ complete: () => {} }); a.start().send({ type: "end" }); },
  dynamic: () => spawn(root, 0).value.send({ type: "end" }),
};
const least = {}; const only = process.argv[2];
for (let r = 0; r < 20; r++) for (const [n, f] of Object.entries(C)) { if (only && n !== only) continue; const b = cpu(); for (let i = 0; i < 5000; i++) f(); const t = (cpu() - b) / 5000; if (r > 1) least[n] = Math.min(least[n] ?? 1e9, t); await new Promise(r => setImmediate(r)); }
console.log(least, only ? "" : { vsBare: least.dynamic / least.bare, vsStop: least.dynamic/least.startstop, vsListener: least.dynamic / least.listener });
