import { request } from "node:http";
import type { LimitChanges } from "#src/experiment/limits";
import { ConfigError } from "#src/kernel/errors";
import { type ControlAction, type ControlRequest, type LiveFile, liveFiles, readLive } from "./control.ts";
import type { LiveNode } from "./live-tree.ts";
import { operatorName } from "./operator.ts";
import type { RunStatusNow } from "./status.ts";

/** A running run as another process sees it. */
export interface LiveState {
  readonly pid: number;
  readonly status: Omit<RunStatusNow, "conditions"> & { readonly conditions: Readonly<Record<string, LiveCondition>> };
  /** Absent before the start, after the end, and while a supervisor is busy. */
  readonly tree?: LiveNode;
  /** How late the event loop is. */
  readonly lagMs: { readonly median: number; readonly p99: number; readonly max: number };
  readonly rssMb: number;
}
type LiveCondition = RunStatusNow["conditions"] extends ReadonlyMap<string, infer T> ? T : never;

/** Milliseconds that a run may take to answer: one that blocks its event loop is not waited for. */
const ANSWER_MS = 5000;
/** Bytes of an answer that are read. */
const MOST_BYTES = 64 * 2 ** 20;

/**
 * How a run of this machine is doing; undefined when it is not running, or does not answer.
 *
 * @param tasks workers of each pool to list one by one: all by default
 */
export async function fetchLiveState(
  checkpointDir: string,
  experimentId: string,
  tasks?: number,
): Promise<LiveState | undefined> {
  const live = readLive(checkpointDir, experimentId);
  const path = tasks === undefined ? "/state" : `/state?tasks=${tasks}`;
  return live && ((await ask(live, "GET", path)) as LiveState | undefined);
}

/** All runs of a checkpoint directory that are running and answer. */
export async function lookAtAll(checkpointDir: string): Promise<LiveState[]> {
  const states = await Promise.all(liveFiles(checkpointDir).map((live) => ask(live, "GET", "/state")));
  return states.filter((state) => state !== undefined) as LiveState[];
}

/**
 * Asks an active run to pause, resume, stop, or obey other limits. The run records who asked.
 *
 * @returns the limits that became others; undefined when it is not running, or does not answer
 * @throws ConfigError when the run refuses: a wrong limit, a run that is not yet or no longer running
 */
export async function tell(
  checkpointDir: string,
  experimentId: string,
  what: ControlAction,
  about: Omit<ControlRequest, "by"> = {},
): Promise<LimitChanges | undefined> {
  const live = readLive(checkpointDir, experimentId);
  const answer = live && (await ask(live, "POST", `/${what}`, { ...about, by: operatorName() }));
  const { error, changes } = (answer ?? {}) as { error?: string; changes?: LimitChanges };
  if (error !== undefined) throw new ConfigError("", error);
  return changes;
}

/** @returns the answer, also one that says what was wrong with the question; undefined when there is none */
function ask({ port, token }: LiveFile, method: string, path: string, body?: unknown): Promise<unknown> {
  return new Promise((resolve) => {
    const nothing = (): void => resolve(undefined);
    const asked = request(
      { host: "127.0.0.1", port, method, path, headers: { authorization: `Bearer ${token}` }, timeout: ANSWER_MS },
      (response) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        response.on("data", (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_BYTES) response.destroy();
          else chunks.push(chunk);
        });
        response.on("error", nothing);
        response.on("close", nothing);
        response.on("end", () => {
          try {
            const isAnswer = response.statusCode === 200 || response.statusCode === 400;
            resolve(isAnswer ? JSON.parse(Buffer.concat(chunks).toString("utf8")) : undefined);
          } catch {
            nothing();
          }
        });
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", nothing);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
