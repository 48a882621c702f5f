import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { resolve } from "node:path";
import { Redis } from "ioredis";
import { nanoid } from "nanoid";

/** Whether tests of queues can run here: where they must, a missing server is a failure. */
export const hasRedis =
  spawnSync("redis-server", ["--version"]).status === 0 || process.env.CRUCIBLE_REQUIRE_REDIS === "1";
if (!hasRedis) console.warn("no redis-server on the PATH: tests of queues are skipped");

/** A Redis of a test's own, with its log on disk. */
export interface RedisServer {
  readonly url: string;
  /** Ends it as a power switch would. */
  kill(): Promise<void>;
  /** Starts it again, with what it had. */
  start(): Promise<void>;
  remove(): Promise<void>;
}

/** Starts a Redis on a free port; every write is in its log before it is answered. */
export async function redisServer({
  password,
  bind = ["127.0.0.1"],
}: {
  password?: string;
  /** Addresses that it answers on. */
  bind?: readonly string[];
} = {}): Promise<RedisServer> {
  const folder = resolve(import.meta.dirname, "../.scratch", `redis-${nanoid(8)}`);
  mkdirSync(folder, { recursive: true });
  const port = await freePort();
  const auth = password === undefined ? "" : `:${password}@`;
  const url = `redis://${auth}127.0.0.1:${port}`;
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const more = password === undefined ? [] : ["--requirepass", password];
    server = spawn(
      "redis-server",
      ["--port", String(port), "--bind", ...bind, "--appendonly", "yes", "--save", "", "--dir", folder, ...more],
      { stdio: "ignore" },
    );
    await answers(url);
  };
  const kill = async (): Promise<void> => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const gone = once(server, "exit");
    server.kill("SIGKILL");
    await gone;
  };
  await start();
  return {
    url,
    start,
    kill,
    remove: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function answers(url: string): Promise<void> {
  const client = new Redis(url, { maxRetriesPerRequest: null, retryStrategy: () => 20 });
  client.on("error", () => {});
  while ((await client.ping().catch(() => "")) !== "PONG") await new Promise((done) => setTimeout(done, 20));
  client.disconnect();
}

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const probe = createServer().once("error", failed);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => done(port));
    });
  });
}
