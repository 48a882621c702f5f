import { randomBytes } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { z } from "zod";
import type { LimitChanges, LimitsChange } from "#src/experiment/limits";
import { isRunId, mustBeRunId } from "#src/experiment/run-id";
import { ConfigError } from "#src/kernel/errors";
import { notAFile } from "#src/node/file-kind";
import { makeFolder } from "#src/node/make-folder";
import { liveTree } from "./live-tree.ts";
import { hasToken, isLocalHost } from "./loopback.ts";
import type { TreeNode } from "./tree.ts";

/** What another process may see of a run, and do to it. */
export interface Controlled {
  readonly id: string;
  status(): { readonly state: string; readonly conditions: ReadonlyMap<string, unknown> };
  tree(): Promise<TreeNode | undefined>;
  pause(reason?: string, by?: string): void;
  resume(reason?: string, by?: string): void;
  adjust(change: LimitsChange, reason?: string, by?: string): Promise<LimitChanges>;
  drain(reason?: string): void;
  abort(reason?: string): void;
}

/** What another process may do to a run. */
export const controlActions = ["pause", "resume", "adjust", "drain", "abort"] as const;
export type ControlAction = (typeof controlActions)[number];

/** What goes with it. */
const controlRequest = z.object({
  by: z.string().max(200).optional(),
  reason: z.string().max(1000).optional(),
  limits: z.record(z.string(), z.unknown()).optional(),
});
export type ControlRequest = z.input<typeof controlRequest>;

/** Bytes of a request that are read. */
const MOST_REQUEST_BYTES = 16 * 1024;

/** Where a live run listens: the content of `<id>.live`, a file that only its user can read. */
export interface LiveFile {
  readonly experimentId: string;
  readonly pid: number;
  readonly port: number;
  readonly token: string;
}

type Lag = ReturnType<typeof monitorEventLoopDelay>;

const SUFFIX = ".live";
const livePath = (directory: string, experimentId: string): string =>
  join(directory, `${mustBeRunId(experimentId)}${SUFFIX}`);

/** Milliseconds that a supervisor busy stopping a child may delay a reader. */
const TREE_WAIT_MS = 1000;

/**
 * Lets other processes of the same user look at a run: HTTP on 127.0.0.1, with a token that stands in `<checkpointDir>/<id>.live`. Never
 * keeps the process alive, and a run that cannot listen runs all the same.
 *
 * @returns a function that ends it
 */
export function openControl(run: Controlled, checkpointDir: string): () => void {
  const token = randomBytes(32).toString("hex");
  const path = livePath(checkpointDir, run.id);
  const lag = monitorEventLoopDelay({ resolution: 20 });
  lag.enable();
  let closed = false;
  const server = createServer((request, response) => {
    void answer(run, lag, token, request, response).catch(() => response.destroy());
  });
  server.on("error", () => {});
  server.on("connection", (socket) => socket.unref());
  server.listen(0, "127.0.0.1", () => {
    if (closed) return;
    const { port } = server.address() as AddressInfo;
    try {
      writeLive(checkpointDir, { experimentId: run.id, pid: process.pid, port, token });
    } catch {
      server.close(); // the folder is not writable: the run has no control socket
    }
  });
  server.unref();
  return () => {
    closed = true;
    lag.disable();
    server.close();
    server.closeAllConnections();
    rmSync(path, { force: true });
  };
}

/** Written to a temporary file and renamed, so that no reader sees half of it; readable by its owner alone from the start. */
function writeLive(directory: string, live: LiveFile): void {
  makeFolder(directory);
  const path = livePath(directory, live.experimentId);
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeFileSync(draft, JSON.stringify(live), { mode: 0o600, flag: "wx" });
  renameSync(draft, path);
}

async function answer(
  run: Controlled,
  lag: Lag,
  token: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader("content-type", "application/json");
  response.setHeader("cache-control", "no-store");
  const end = (status: number, body: unknown): void => void response.writeHead(status).end(JSON.stringify(body));
  if (!isLocalHost(request.headers.host)) return end(403, { error: "asked for under another name" });
  if (!hasToken(request.headers.authorization, token)) return end(401, { error: "needs the token of the run" });
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  const action = `${request.method} ${pathname}`;
  if (action === "GET /state") return end(200, await stateOf(run, lag, searchParams.get("tasks")));
  const asked = controlActions.find((name) => action === `POST /${name}`);
  if (!asked) return end(404, { error: "unknown endpoint" });
  const parsed = controlRequest.safeParse(await bodyOf(request));
  if (!parsed.success) return end(400, { error: "invalid request body" });
  try {
    return end(200, { changes: await act(run, asked, parsed.data) });
  } catch (error) {
    if (error instanceof ConfigError) return end(400, { error: error.message });
    throw error;
  }
}

/** @returns the limits that became others */
async function act(
  run: Controlled,
  action: ControlAction,
  request: z.output<typeof controlRequest>,
): Promise<LimitChanges> {
  const { limits = {}, reason, by = "another process" } = request;
  const why = reason === undefined ? "" : `: ${reason}`;
  const mustBe = (state: string): void => {
    const { state: now } = run.status();
    if (now !== state)
      throw new ConfigError("the run", `must be ${action === "pause" ? "running" : state} for that`, now);
  };
  switch (action) {
    case "pause":
      run.pause(reason, by);
      mustBe("paused");
      break;
    case "resume":
      mustBe("paused");
      run.resume(reason, by);
      break;
    case "drain":
      run.drain(`${by} asked to stop${why}`);
      break;
    case "abort":
      run.abort(`${by} asked to abort${why}`);
      break;
    case "adjust":
      return run.adjust(limits as LimitsChange, reason, by);
  }
  return {};
}

/** The JSON of a request; an empty one is an empty object, one that is too long or none is undefined. */
async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    return bytes === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch {
    return undefined;
  }
}

/** @param tasks workers of each pool to list one by one; all when null */
async function stateOf(run: Controlled, lag: Lag, tasks: string | null) {
  const tree = await Promise.race([
    run.tree(),
    new Promise<undefined>((resolve) => void setTimeout(() => resolve(undefined), TREE_WAIT_MS).unref()),
  ]);
  const status = run.status();
  const ms = (nanoseconds: number): number => Math.round(nanoseconds / 1e4) / 100 || 0;
  return {
    pid: process.pid,
    status: { ...status, conditions: Object.fromEntries(status.conditions) },
    ...(tree ? { tree: liveTree(tree, tasks === null ? undefined : Number(tasks)) } : {}),
    lagMs: { median: ms(lag.percentile(50)), p99: ms(lag.percentile(99)), max: ms(lag.max) },
    rssMb: Math.round(process.memoryUsage.rss() / 2 ** 20),
  };
}

/** The live files of a checkpoint directory, by id. A file that is being written or is none is left out. */
export function liveFiles(checkpointDir: string): LiveFile[] {
  let names: string[];
  try {
    names = readdirSync(checkpointDir).filter((name) => name.endsWith(SUFFIX));
  } catch {
    return [];
  }
  const ids = names.map((name) => name.slice(0, -SUFFIX.length)).filter(isRunId); // others may keep files there, too
  return ids.flatMap((id) => readLive(checkpointDir, id) ?? []);
}

/** Where a run listens; undefined when it does not. What a killed process left behind is for its resume: who only looks removes nothing. */
export function readLive(checkpointDir: string, experimentId: string): LiveFile | undefined {
  const path = livePath(checkpointDir, experimentId);
  try {
    if (notAFile(path)) return undefined;
    const live = JSON.parse(readFileSync(path, "utf8")) as LiveFile;
    return isRunning(live.pid) ? live : undefined;
  } catch {
    return undefined; // not there, or not readable by this user
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
