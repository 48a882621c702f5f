/**
 * Supervision without any AI: a TCP server on the loopback that hangs up now and then, a client that is restarted whenever
 * it loses its line, and a cache that outlives both. It ends by itself.
 *
 *     npx tsx examples/supervision-only.ts
 */
import { connect, createServer } from "node:net";
import { createInterface } from "node:readline";
import { crash, exit, printTree, stop, supervisor, tree } from "crucible-harness/supervision";
import { type AnyActorRef, createActor, fromCallback, fromTransition, waitFor } from "xstate";

type Put = { type: "cache.put"; key: string; value: number };

/** Remembers what was learnt. Nothing that fails beside it takes it along. */
const cache = fromTransition((known: Record<string, number>, { key, value }: Put) => ({ ...known, [key]: value }), {});

/** Squares numbers, one per line, and hangs up at every fourth question. */
const server = fromCallback(({ self, system }) => {
  let questions = 0;
  const listener = createServer((socket) => {
    socket.on("error", () => {}); // the other side went first
    createInterface(socket).on("line", (line) => {
      questions += 1;
      if (questions % 4 === 0) socket.destroy();
      else socket.write(`${Number(line) ** 2}\n`);
    });
  });
  listener.on("error", (error) => exit(self as AnyActorRef, crash(error)));
  listener.listen(0, "127.0.0.1", () => {
    const { port } = listener.address() as { port: number };
    system.get("cache").send({ type: "cache.put", key: "port", value: port });
  });
  return () => listener.close();
});

/** Asks for every square that the cache does not have yet. A lost line is a crash: the next incarnation continues. */
const client = fromCallback(({ self, system }) => {
  const known = (): Record<string, number> => system.get("cache").getSnapshot().context;
  const next = (): number | undefined =>
    Array.from({ length: 10 }, (_, n) => n).find((n) => !(`square ${n}` in known()));
  const lost = (why: string) => exit(self as AnyActorRef, crash(new Error(why)));

  const { port } = known();
  if (port === undefined) return lost("the server does not listen yet");
  const socket = connect(port, "127.0.0.1", () => socket.write(`${next()}\n`));
  socket.on("error", ({ message }) => lost(message)).on("close", () => lost("the server hung up"));
  createInterface(socket).on("line", (line) => {
    system.get("cache").send({ type: "cache.put", key: `square ${next()}`, value: Number(line) });
    if (next() !== undefined) socket.write(`${next()}\n`);
  });
  return () => socket.removeAllListeners("close").destroy();
});

const app = createActor(
  supervisor({
    strategy: "one_for_one",
    intensity: 10,
    period: 5,
    children: [
      { id: "cache", start: cache, name: "cache" }, // first up, last down
      { id: "server", start: server },
      { id: "client", start: client, restartDelay: { strategy: "constant", initialDelayMs: 20, jitter: false } },
    ],
    onFact: (fact) => {
      if (fact.type === "child.exited" && fact.exit.kind === "crash") {
        console.log(`${fact.id}: ${(fact.exit.error as Error).message}; again in ${fact.delayMs} ms`);
      }
    },
  }),
  { id: "app" },
);
app.start();

const { context: known } = await waitFor(
  app.system.get("cache") as AnyActorRef,
  ({ context }) => "square 9" in context,
);
console.log(`squares: ${Array.from({ length: 10 }, (_, n) => known[`square ${n}`]).join(" ")}`);
console.log(printTree((await tree(app))!));
console.log(`stopped: ${(await stop(app)).kind}`);
