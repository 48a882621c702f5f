import { fetchLiveState, type LiveState, lookAtAll } from "#src/app/observe/live";
import type { LiveNode } from "#src/app/observe/live-tree";
import { checkpointDirectory } from "#src/app/setting-sources";
import { ConfigError } from "#src/kernel/errors";
import { printMillis } from "#src/kernel/units";
import { settingsFrom } from "./arguments.ts";
import { columns } from "./columns.ts";
import { exitCodes } from "./exit-code.ts";
import { print, printJson } from "./print.ts";
import { statusLine } from "./progress.ts";
import type { Flags } from "./run.ts";

/** `crucible ps [id]`: the active runs, or the tree of one. @returns the exit code */
export async function showProcesses(id: string | undefined, flags: Flags): Promise<number> {
  const directory = await checkpointDirectory(settingsFrom(flags));
  const states = id === undefined ? await lookAtAll(directory) : [await fetchLiveState(directory, id)];
  const live = states.map((state) => {
    if (!state) throw new ConfigError("experiment id", `must be an active run of ${directory}`, id);
    return state;
  });
  if (flags.json === true) for (const state of live) printJson(state);
  else if (id === undefined) print(...columns(["Run", "Process", "Name", "Progress"], live.map(rowOfRun)));
  else for (const state of live) print(...liveLines(state));
  if (states.length === 0 && flags.json !== true) print(`no run of ${directory} is active`);
  return exitCodes.ended;
}

const rowOfRun = ({ pid, status }: LiveState): string[] => [
  status.experimentId,
  `pid ${pid}`,
  nameOf(status),
  statusLine(asStatus(status)),
];

/** The name of the experiment, with that of the scoring that is under way. */
const nameOf = ({ name, scoring }: Pick<LiveState["status"], "name" | "scoring">): string =>
  scoring === undefined ? name : `${name}, scoring ${scoring}`;

/** How a run is doing, and its tree: states, restarts, what waits for what. */
function liveLines({ pid, status, tree, lagMs, rssMb }: LiveState): string[] {
  const { limits } = status;
  const rate = limits.rateLimit === undefined ? "" : `, at most ${limits.rateLimit} starts a second`;
  return [
    `${status.experimentId}  ${nameOf(status)}  pid ${pid}  ${status.state} for ${printMillis(status.elapsedMs)}`,
    statusLine(asStatus(status)),
    `${limits.maxParallel} at a time${rate}; event loop late by ${lagMs.median} ms (99 %: ${lagMs.p99}, most: ${lagMs.max}); ${rssMb} MB`,
    "",
    ...(tree ? treeLines(tree) : ["(the tree is not up, or busy stopping)"]),
  ];
}

const asStatus = (status: LiveState["status"]) => ({
  ...status,
  conditions: new Map(Object.entries(status.conditions)),
});

/** Children printed before the rest is only counted. */
const PRINTED_CHILDREN = 12;

function treeLines(tree: LiveNode): string[] {
  const rows = rowsOf(tree, "", false);
  const width = Math.min(48, Math.max(...rows.map(([label]) => label.length)));
  return [
    `${tree.id}  ${aboutNode(tree, false)}`,
    ...rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`.trimEnd()),
  ];
}

function rowsOf(of: LiveNode, indent: string, areTasks: boolean): [label: string, text: string][] {
  const shown = of.children.slice(0, PRINTED_CHILDREN);
  const omitted = of.children.length - shown.length;
  const rows = shown.flatMap((child, i): [string, string][] => {
    const isLast = i === shown.length - 1 && omitted === 0;
    const label = `${indent}${isLast ? "`" : "|"}- ${child.id}`;
    const below = rowsOf(child, `${indent}${isLast ? " " : "|"}  `, child.id === "tasks");
    return [[label, aboutNode(child, areTasks)], ...below];
  });
  return omitted > 0 ? [...rows, [`${indent}\`- (${omitted} more)`, ""]] : rows;
}

function aboutNode({ state, value, reason, waitsFor, restarts, history }: LiveNode, isTask: boolean): string {
  const last = history.at(-1)?.reason;
  const alive = value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value);
  return [
    state === "alive" ? alive : state,
    reason,
    waitsFor && `waits for ${waitsFor}`,
    restarts > 0 && times(restarts, isTask ? ["retry", "retries"] : ["restart", "restarts"]),
    last && `last: ${last.slice(0, 80)}`,
  ]
    .filter(Boolean)
    .join(", ");
}

const times = (count: number, [one, many]: readonly [string, string]): string => `${count} ${count === 1 ? one : many}`;
