import { readFileSync } from "node:fs";
import { defineExperiment, type ExperimentInput, type RunHandle, start } from "crucible-harness";
import { describe, expect, it } from "vitest";
import type { AnyActorRef, InspectionEvent, Snapshot } from "xstate";
import { snapshotMessage } from "#src/app/bridges/stately-wire";
import type { TreeNode } from "#src/app/observe/tree";
import { documentOf } from "#src/viewer/page";
import { openRuns, type RunView } from "#src/viewer/runs";
import { treePage } from "#src/viewer/tree-page";
import { treeView } from "#src/viewer/tree-view";
import { temporaryFolder } from "../support.ts";

const checkpointDir = temporaryFolder();

interface Sent {
  readonly snapshot: { readonly context: { readonly stop?: object } };
}

interface Case {
  /** What one task does; all others last until everybody has looked. */
  readonly does?: () => unknown;
  readonly more?: Partial<ExperimentInput>;
  readonly stop?: (handle: RunHandle) => void;
  /** What Stately Inspector is sent of it. */
  readonly sent: object;
  /** Whether the reason quotes a task, which stays on this machine. */
  readonly quotes?: true;
  readonly reason: RegExp;
}

const fails = (): never => {
  throw Object.assign(new Error("private words"), { status: 400 });
};

const cases: Readonly<Record<string, Case>> = {
  "the breaker": {
    does: fails,
    more: { config: { errorHandling: { failureWindow: 1, maxFailureRate: 0.5, maxFailuresBeforeSuccess: 1 } } },
    sent: { status: "aborted", cause: "breaker" },
    quotes: true,
    reason: /^the circuit breaker opened: .*private words/,
  },
  "the budget": {
    does: () => ({ accuracy: 1, cost: 5 }),
    more: { costBudget: { maxTotal: 1, currency: "USD" }, config: { maxParallel: 1 } },
    sent: { status: "budget_exhausted" },
    reason: /resume with a larger one/,
  },
  "a hook that answers abort": {
    does: fails,
    more: { hooks: { onError: () => "abort" } },
    sent: { status: "aborted" },
    quotes: true,
    reason: /^onError answered "abort" at .*private words/,
  },
  "a user who lets running tasks end": {
    stop: (handle) => handle.drain("enough seen"),
    sent: { status: "interrupted" },
    reason: /^enough seen$/,
  },
  "a user who aborts": {
    stop: (handle) => handle.abort("wrong model"),
    sent: { status: "aborted" },
    reason: /^wrong model$/,
  },
};

/** Starts a run, and looks at it from every side as soon as it stops. */
async function lookedAt({ does, more, stop }: Case) {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  const experiment = defineExperiment({
    name: "stops",
    dataset: Array.from({ length: 6 }, (_, id) => ({ id: String(id) })),
    metrics: ["accuracy"],
    ...more,
    conditions: [
      {
        name: "a",
        estimatedCost: 0.01,
        run: async () => {
          if (calls++ === 0 && does) return does() as never;
          await released;
          return { accuracy: 1 };
        },
      },
    ],
    config: { maxParallel: 3, ...more?.config },
  });
  const sent: object[] = [];
  let tree: Promise<TreeNode | undefined> | undefined;
  const inspect = (event: InspectionEvent): void => {
    if (event.type !== "@xstate.snapshot" || (event.actorRef as AnyActorRef).id !== "run") return;
    const run = event.actorRef as AnyActorRef;
    const { snapshot } = snapshotMessage(run, event.snapshot as Snapshot<unknown>, event.event) as unknown as Sent;
    if (!snapshot.context.stop) return;
    sent.push(snapshot.context.stop);
    tree ??= handle.tree();
  };
  const handle = start(experiment, { checkpointDir, formats: [], inspect });
  const runs = openRuns(checkpointDir);
  try {
    for await (const { type } of handle.facts) {
      if (type === "task.started" && stop) stop(handle);
      if (type === "run.stopping") break;
    }
    const seen = await tree;
    const reasonIn = (view: RunView): string | undefined =>
      view.live ? treeView(view)?.reason : view.sessions.at(-1)?.reason;
    let view = (await runs.run(handle.id))!;
    while (reasonIn(view) === undefined) view = (await runs.run(handle.id))!; // until it answers, or has ended
    return {
      tree: seen?.reason,
      live: view.live !== undefined,
      data: reasonIn(view),
      page: documentOf(treePage(view)).text,
      sent: sent.at(-1),
    };
  } finally {
    release();
    await handle.done;
    runs.close();
  }
}

describe("why a run stops", () => {
  it.each(Object.entries(cases))(
    "by %s is read in its tree, in the viewer and in Stately Inspector",
    async (_, each) => {
      const { tree, live, data, page, sent } = await lookedAt(each);
      expect(tree).toMatch(each.reason);
      expect(data).toBe(tree);
      const [tag, end] = live
        ? ['<span class="reason" dir="auto">', "</span>"]
        : ['<p class="warning" dir="auto">', "</p>"];
      expect(page).toContain(`${tag}${tree!.replaceAll('"', "&quot;")}${end}`);
      expect(sent).toEqual({ ...each.sent, ...(each.quotes ? {} : { reason: tree }) });
    },
  );

  it("is described in docs/machines.md", () => {
    const text = readFileSync("docs/machines.md", "utf8");
    expect(text).toMatch(/end it with `run\.stop` and a reason/);
    expect(text).toMatch(/running --> stopping : run\.stop/);
  });
});
