import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRecorder } from "#src/app/observe/recorder";
import type { TreeNode } from "#src/app/observe/tree";
import { recordingPath, storePath } from "#src/app/stores";
import type { Manifest, RunStatus } from "#src/experiment/manifest";
import type { Outcome } from "#src/experiment/outcome";
import { sqliteStore } from "#src/store/sqlite";
import type { Page } from "#src/viewer/page";
import { documentOf, type File } from "#src/viewer/page";
import { route } from "#src/viewer/routes";
import { openRuns, type Runs } from "#src/viewer/runs";
import { crash } from "#supervisors/otp/index";
import { exampleManifest, outcome } from "../reports/manifest.ts";
import { temporaryFolder } from "../support.ts";

const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>'`;
const folder = temporaryFolder();
let runs: Runs;
beforeAll(() => {
  runs = openRuns(folder);
});
afterAll(() => {
  runs.close();
});

/** A run in a store of its own. */
function stored(
  id: string,
  rows: readonly Outcome[],
  more: {
    status?: RunStatus;
    name?: string;
    planned?: number;
    items?: readonly { id: string; row: unknown }[];
    changed?: Partial<Manifest>;
  } = {},
) {
  const { status = "completed", name = "Example", planned = rows.length, items = [], changed = {} } = more;
  const store = sqliteStore(storePath(folder, id));
  const manifest: Manifest = {
    ...exampleManifest(["a", "b"], ["accuracy"], { name, costBudget: { currency: "usd", maxTotal: 2 } }),
    experimentId: id,
    plan: { tasks: planned, hash: "fedcba9876543210fedcba9876543210" },
    ...changed,
  };
  store.putItems?.(items);
  store.putManifest(manifest);
  const by = { at: 1_790_000_001_000, by: "ada, process 7" };
  const interventions = [{ what: "limits" as const, ...by, changes: { maxParallel: { from: 10, to: 4 } } }];
  store.putSession(0, {
    interventions,
    startedAt: 1_790_000_000_000,
    ...(status === "running" ? {} : { endedAt: 1_790_000_004_000 }),
    status,
  });
  store.append(rows);
  store.close();
}

const tasks = (n: number, more: (i: number) => Partial<Outcome> = () => ({})): Outcome[] =>
  Array.from({ length: n }, (_, i) =>
    outcome(
      {
        condition: i % 2 === 0 ? "a" : "b",
        itemId: `item ${i >> 1}`,
        metrics: { accuracy: i % 3 === 0 ? 1 : 0 },
        ...more(i),
      },
      i,
    ),
  );

const at = (path: string) => route(new URL(path, "http://127.0.0.1"), runs);
async function pageAt(path: string): Promise<Page & { readonly text: string }> {
  const reply = await at(path);
  if (!("page" in reply)) throw new Error(`${path} is a file`);
  return { ...reply.page, text: documentOf(reply.page).text };
}
async function fileAt(path: string): Promise<File> {
  const reply = await at(path);
  if (!("file" in reply)) throw new Error(`${path} is a page: ${reply.page.title}`);
  return reply.file;
}
/** A page whose answer is made first. */
async function madeAt(path: string): Promise<Page & { readonly text: string }> {
  for (;;) {
    const page = await pageAt(path);
    if (!page.live) return page;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
/** The list of runs, which is always live, once all levels are read. */
async function madeListAt(path: string): Promise<string> {
  for (;;) {
    const { isWaiting, text } = await pageAt(path);
    if (!isWaiting) return text;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
const rowsIn = (text: string): string[] => [...text.matchAll(/<tr data-key="(\d+)">/g)].map(([, ordinal]) => ordinal!);

describe("a run over a stream that goes on", () => {
  it("says how far it is without a share of what is not known", async () => {
    const dataset = { source: "stream rows", items: 6, digest: "0123", stream: { ended: false } };
    stored("open", tasks(10), { planned: 12, changed: { dataset } });
    const { text } = await pageAt("/run/open");
    expect(text).toContain("10 tasks so far");
    expect(text).toContain("5 so far"); // of each condition
    expect(text).not.toMatch(/% done|10 of 12/);
    expect((await pageAt("/")).text).toMatch(/10 so far/);
  });
});

describe("the pages of the viewer", () => {
  it("list runs, newest first: finished, and killed where a session is open and nobody is at it", async () => {
    stored("exp_done", tasks(4));
    stored("exp_killed", tasks(2), { status: "running", planned: 6 });
    writeFileSync(join(folder, "no-store.db"), "this is not a database");
    const { text, live } = await pageAt("/");
    expect(text).toMatch(/href="\/run\/exp_done".*?completed.*?4 of 4/s);
    expect(text).toMatch(/href="\/run\/exp_killed".*?killed.*?2 of 6/s);
    expect(text).toMatch(/Files that are left out.*no-store\.db cannot be opened as the store of a run/s);
    expect(live).toBe(true);
    expect((await pageAt("/run/exp_killed")).text).toContain("<code>crucible resume exp_killed</code>");
    expect((await madeAt("/run/exp_killed")).live).toBe(false); // once its rows are analysed
  });

  it("account for every planned task, and set the cost against the budget", async () => {
    const statuses = ["success", "failed_permanent", "failed_retries_exhausted", "skipped", "unscored"] as const;
    stored(
      "exp_account",
      tasks(5, (i) => ({ finalStatus: statuses[i]!, cost: 0.1, attempts: i === 2 ? 4 : 1 })),
      { planned: 8 },
    );
    const { text } = await pageAt("/run/exp_account");
    const said = text.match(/<p class="accounting">.*?<\/p>/s)![0].replace(/<[^>]+>/g, "");
    expect(said).toBe("8 planned = 1 succeeded + 2 failed + 1 skipped + 1 unscored + 3 pending");
    expect(text).toContain("0.50 USD");
    expect(text).toMatch(/<td dir="auto">[^<]*ada, process 7/);
    expect(text).toContain('aria-label="25.0 % of the budget"');
    expect(text).toMatch(/Retries<\/div><div class="value">3</);
  });

  it("show what the item of a task is, and find tasks by it", async () => {
    const items = [
      { id: "item 0", row: { question: "Which <b>river</b> is longest?", choices: ["Nile", "Amazon"] } },
      { id: "item 1", row: "Who sings?" },
    ];
    stored("exp_items", tasks(6), { items });
    const { text } = await pageAt("/run/exp_items/tasks/1");
    expect(text).toContain("<h3>Item</h3>");
    expect(text).toContain("Which &lt;b&gt;river&lt;/b&gt; is longest?");
    expect((await pageAt("/run/exp_items/tasks/2")).text).toContain("Who sings?");
    expect((await pageAt("/run/exp_items/tasks/4")).text).not.toContain("<h3>Item</h3>");
    expect(rowsIn((await pageAt("/run/exp_items/tasks?q=amazon")).text)).toEqual(["0", "1"]);
  });

  it("filter tasks by condition, status, kind of error and words, and turn pages", async () => {
    const failed = { finalStatus: "failed_permanent", error: { kind: "timeout", message: "no answer" } } as const;
    stored(
      "exp_tasks",
      tasks(240, (i) => (i % 10 === 3 ? failed : { output: { text: `answer_${i}` } })),
    );
    const shown = async (query: string) => rowsIn((await pageAt(`/run/exp_tasks/tasks${query}`)).text);
    expect(await shown("")).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
    expect(await shown("?offset=200")).toEqual(Array.from({ length: 40 }, (_, i) => String(200 + i)));
    expect(await shown("?status=failed&condition=b")).toHaveLength(24);
    expect(await shown("?status=failed&condition=a")).toEqual([]);
    expect(await shown("?error=timeout")).toHaveLength(24);
    expect(await shown("?error=crash")).toEqual([]);
    const withAnswer = ["17", "170", "171", "172", "174", "175", "176", "177", "178", "179"]; // 173 failed
    expect(await shown("?item=item+1")).toEqual(["2", "3"]); // and not those of item 10
    expect(await shown("?item=item+1&condition=b")).toEqual(["3"]);
    expect((await pageAt("/run/exp_tasks/tasks/3")).text).toContain(
      '<a href="/run/exp_tasks/tasks?item=item+1">All tasks of this item</a>',
    );
    expect(await shown("?q=ANSWER_17")).toEqual(withAnswer);
    expect(await shown("?q=answer%25")).toEqual([]); // a wildcard is a character
    expect(await shown("?q=%27%3B+DROP+TABLE+result")).toEqual([]);
    expect(await shown("?offset=-1&order=DROP")).toHaveLength(50);
    expect((await pageAt("/run/exp_tasks/tasks?offset=50")).text).toContain("51 to 100 of 240 ended tasks");
  });

  it("order tasks by what they took", async () => {
    stored(
      "exp_order",
      tasks(60, (i) => ({ elapsedMs: (i * 37) % 60, cost: i / 100, attempts: i === 5 ? 3 : 1 })),
    );
    const first = async (order: string) =>
      Number(rowsIn((await pageAt(`/run/exp_order/tasks?order=${order}`)).text)[0]);
    expect(((await first("slowest")) * 37) % 60).toBe(59);
    expect(await first("most-expensive")).toBe(59);
    expect(await first("attempts")).toBe(5);
    expect(await first("newest")).toBe(59);
  });

  it("show one task: attempts with their delays, messages, output, and what is around it", async () => {
    const error = { kind: "temporarily_unavailable", message: "HTTP 503", status: 503 } as const;
    stored(
      "exp_task",
      tasks(3, (i) =>
        i === 1
          ? {
              attempts: 2,
              retryDelaysMs: [1500],
              errorHistory: [{ attempt: 1, error, at: 1_790_000_000_500 }],
              faults: [{ rule: 0, on: "tool:look", calls: 3, struck: 1 }],
              output: {
                messages: [
                  { role: "user", content: "Is it spam?" },
                  { role: "assistant", content: "", toolCalls: [{ id: "1", name: "look", arguments: {} }] },
                ],
                completion: "B",
              },
            }
          : {},
      ),
    );
    const { text } = await pageAt("/run/exp_task/tasks/1");
    expect(text).toMatch(/Attempt 1 failed.*?temporarily_unavailable.*? 503.*?a wait of 1.5 s.*?Attempt 2: succeeded/s);
    expect(text).toMatch(
      /class="message user".*?Is it spam\?.*?class="message assistant".*?&quot;name&quot;: &quot;look&quot;/s,
    );
    expect(text).toMatch(/completion<\/h4><pre[^>]*>B<\/pre>/);
    expect(text).toContain("fault at tool:look, 1 of 3 calls");
    expect(text).toContain('href="/run/exp_task/tasks/0"');
    expect(text).toContain('href="/run/exp_task/facts?task=1"');
    expect((await pageAt("/run/exp_task/tasks/3")).status).toBe(404);
    expect((await pageAt("/run/exp_task/tasks/1x")).status).toBe(404);
  });

  it("say how the last reply ended, with the provider's own word, and nothing where it is not known", async () => {
    const outputs = [
      { completion: "a", finishReason: "length", finishWord: "MAX_TOKENS" },
      { completion: "b", finishReason: "filtered", finishWord: "<SAFETY>" },
      { completion: "c", finishReason: "stop" },
      { completion: "d" },
    ];
    stored(
      "exp_ends",
      tasks(4, (i) => ({ output: outputs[i]! })),
    );
    const replyOf = async (task: number) =>
      /<dt>Reply<\/dt><dd[^>]*>(.*?)<\/dd>/s.exec((await pageAt(`/run/exp_ends/tasks/${task}`)).text)?.[1];
    expect(await Promise.all([0, 1, 2, 3].map(replyOf))).toEqual([
      "cut off (length, MAX_TOKENS)",
      "filtered (filtered, &lt;SAFETY&gt;)",
      "whole (stop)",
      undefined,
    ]);
  });

  it("show the tree and its restarts as the recording saw them last, and where each machine stood", async () => {
    stored("exp_seen", tasks(2), { status: "running", planned: 9 });
    recorded("exp_seen");
    const { text: tree } = await pageAt("/run/exp_seen/tree");
    expect(tree).toMatch(
      /data-path="services\/limiter".*?throttled.*?2 restarts.*?last: crash: it broke &lt;again&gt;/s,
    );
    expect(tree).toMatch(/data-path="conditions\/a \/ b".*?running/s);
    expect(tree).toMatch(/data-path="conditions\/a \/ b\/tasks".*?2 running, 1 restarting/s);
    const { text: machines } = await pageAt("/run/exp_seen/machines");
    const inState = (chart: string, state: string) =>
      machines.match(new RegExp(`id="${chart}".*?data-state="${state}" data-count="(\\d+)"`, "s"))?.[1];
    expect(inState("limiter", "throttled")).toBe("1");
    expect(inState("limiter", "open")).toBe("0");
    expect(inState("breaker", "open")).toBe("1");
    expect(inState("worker", "running")).toBe("2");
    expect(inState("condition", "running")).toBe("1");
    expect(machines).toContain("1 between two lives");
  });

  it("show facts newest first, by type, task and words", async () => {
    stored("exp_facts", tasks(2));
    recorded("exp_facts");
    const types = async (query: string) =>
      [...(await pageAt(`/run/exp_facts/facts${query}`)).text.matchAll(/<td><code class="[^"]*">([^<]+)</g)].map(
        ([, type]) => type,
      );
    expect((await types("")).at(-1)).toBe("recording.started");
    expect(await types("?type=circuit")).toEqual(["circuit.opened"]);
    expect(await types("?task=1")).toEqual(["task.retried", "task.started"]);
    expect(await types("?q=THROTTLED")).toEqual(["actor.changed"]);
    expect(await types("?type=nothing")).toEqual([]);
    expect((await pageAt("/run/exp_facts/facts?task=1")).text).toContain("task 1 (b/item 0), attempt 1");
    expect(await types("?q=b/item+0")).toEqual(["task.retried", "task.started"]);
  });

  it("show the report, and give it in every format; the HTML one in a sandbox", async () => {
    stored("exp_report", tasks(40));
    expect((await pageAt("/run/exp_report/results")).text).toContain("Analysing");
    const { text } = await madeAt("/run/exp_report/results");
    expect(text).toContain("Results by condition");
    expect((await pageAt("/run/exp_report")).text).toMatch(
      /class="verdict".*?40 tasks?|class="verdict".*?no task lost of 40/s,
    );
    expect((await pageAt("/run/exp_report")).text).toMatch(
      /<td>wrong<\/td><th scope="row" dir="auto">nothing is said of them<\/th><td class="right failed">26<\/td><td dir="auto">a: 13; b: 13<\/td><td dir="auto"><a href="\/run\/exp_report\/tasks\/1">item 0<\/a> b<\/td>/,
    );
    const { text: items } = await pageAt("/run/exp_report/items");
    expect(items).toMatch(/<th scope="row" dir="auto"><a href="\/run\/exp_report\/items\/0">/);
    expect([...items.matchAll(/class="answer (\w+)"/g)].map(([, grade]) => grade)).toEqual(
      expect.arrayContaining(["best", "worst"]),
    );
    const ahead = (await pageAt("/run/exp_report/items?ahead=a&behind=b")).text.match(/class="answer \w+"/g) ?? [];
    expect(ahead.length).toBeGreaterThan(0);
    expect(ahead.filter((one) => one.includes("best")).length).toBe(ahead.length / 2);
    expect((await pageAt("/run/exp_report/items/0")).text).toMatch(
      /class="side".*?href="\/run\/exp_report\/tasks\/\d+"/s,
    );
    expect((await pageAt("/run/exp_report/items/99999")).status).toBe(404);
    expect(await fileAt("/run/exp_report/report.html")).toMatchObject({ sandboxed: true });
    expect(await fileAt("/run/exp_report/report.md")).toMatchObject({ saveAs: "exp_report_report.md" });
    expect(JSON.parse((await fileAt("/run/exp_report/report.json")).body)).toMatchObject({
      experimentId: "exp_report",
    });
    expect((await pageAt("/run/exp_report/report.exe")).status).toBe(404);
    expect((await pageAt("/run/exp_report/report.toString")).status).toBe(404);
  });

  it("show all items against all conditions, those on which they disagree first, or by difficulty or name", async () => {
    const names = ["easy", "hard", "split <b>"];
    stored(
      "exp_matrix",
      tasks(6, (i) => ({ itemId: names[i >> 1]!, metrics: { accuracy: [1, 1, 0, 0, 0, 1][i]! } })),
      { items: [{ id: "hard", row: { question: "Why is there <something>?", answer: "42" } }] },
    );
    const shown = async (query: string): Promise<string[]> => {
      const { text } = await madeAt(`/run/exp_matrix/matrix${query}`);
      expect(text).not.toMatch(/<something>|<b>/);
      return [
        ...text.matchAll(
          /<tr><th scope="row" dir="auto"><a href="\/run\/exp_matrix\/items\/\d+">(.*?)<\/a>.*?<\/tr>/gs,
        ),
      ].map(([row, name]) => `${name} ${[...row.matchAll(/>([✓✗–!])</g)].map(([, mark]) => mark).join("")}`);
    };
    const [easy, hard, split] = ["easy ✓✓", "hard ✗✗", "split &lt;b&gt; ✗✓"];
    expect((await shown(""))[0]).toBe(split);
    expect(await shown("?order=hardest")).toEqual([hard, split, easy]);
    expect(await shown("?order=easiest")).toEqual([easy, split, hard]);
    expect(await shown("?order=name")).toEqual([easy, hard, split]);
    expect(await shown("?kind=differ")).toEqual([split]);
    expect(await shown("?q=SOMETHING")).toEqual([hard]);
    expect((await pageAt("/run/exp_matrix/matrix")).text).toMatch(
      /<td class="answer worst" title="b: [^"]*"><a href="\/run\/exp_matrix\/tasks\/3">✗/,
    );
  });

  it("put two runs side by side, the earlier one first", async () => {
    stored("exp_before", tasks(40), { name: "Before" });
    stored(
      "exp_after",
      tasks(40, (i) => ({ metrics: { accuracy: i % 3 === 1 ? 0 : 1 } })),
      { name: "After" },
    );
    const { text } = await madeAt("/compare?run=exp_before&run=exp_after");
    expect(text).toMatch(/A <a[^>]*>Before<.*?B <a[^>]*>After</s);
    expect(text).toMatch(/<code>experiment\.name<\/code>.*?&quot;Before&quot;.*?&quot;After&quot;/s);
    expect(text).toMatch(/<th scope="row" dir="auto">a<\/th>.*?McNemar.*?20 items/s);
    const changed = (query: string) =>
      pageAt(`/compare?run=exp_before&run=exp_after${query}`).then(({ text: page }) => [
        ...page.matchAll(
          /<tr><th scope="row" dir="auto">(item \d+).*?<td class="answer (\w*)".*?<td class="answer (\w*)"/g,
        ),
      ]);
    const better = await changed("&change=better&condition=a");
    expect(better.length).toBe(7); // 0 before and 1 after at every third task, and every second is of a
    for (const [, , a, b] of better) expect([a, b]).toEqual(["worst", "best"]);
    expect((await changed("&q=item+10")).map(([, item]) => item)).toEqual(["item 10"]);
    expect((await changed("&change=nothing")).length).toBe(13); // as without a filter
    expect((await pageAt("/compare?run=exp_before")).status).toBe(400);
    expect((await pageAt("/compare?run=exp_before&run=exp_before")).status).toBe(400);
  });

  it("show the trend over the runs of an experiment: levels by condition, oldest first, and what else changed", async () => {
    const name = "Trend / <b>";
    const run = (id: string, day: string, right: number, changed: Partial<Manifest> = {}) =>
      stored(
        id,
        tasks(40, (i) => ({ metrics: { accuracy: i % 2 === 0 && i < 2 * right ? 1 : 0 } })),
        { name, changed: { createdAt: `2026-11-${day}T00:00:00.000Z`, ...changed } },
      );
    run("exp_t2", "02", 10, { seed: 7 });
    run("exp_t1", "01", 5);
    stored("exp_t0", tasks(4), { name: "Another one" });
    const { text, title } = await madeAt(`/experiment?name=${encodeURIComponent(name)}`);
    expect(title).toContain(name);
    expect(text).toContain("2 runs, oldest first");
    expect([...text.matchAll(/class="tick"[^>]*>(11-\d\d 00:00)</g)].map(([, day]) => day)).toEqual([
      "11-01 00:00",
      "11-02 00:00",
    ]);
    expect(text).toMatch(/<code>exp_t2<\/code>.*?50\.0 % \[.*?seed 7.*?compare.*?<code>exp_t1<\/code>.*?25\.0 % \[/s);
    expect(text).toContain('href="/compare?run=exp_t1&amp;run=exp_t2"');
    expect(text).not.toMatch(/<b>|exp_t0/);
    const list = await madeListAt("/");
    expect(list).toMatch(
      /href="\/run\/exp_t2".*?accuracy 50\.0 % \[.*?>a · <a href="\/experiment\?name=Trend\+%2F\+%3Cb%3E">trend/s,
    );
    expect((await pageAt("/run/exp_t1")).text).toContain("Trend over 2 runs of this experiment");
    expect((await pageAt("/experiment?name=none")).status).toBe(404);
  });

  it("never make an element of what a run says", async () => {
    const hostile: Partial<Outcome> = {
      itemId: HOSTILE,
      condition: "a",
      cluster: HOSTILE,
      output: { [HOSTILE]: HOSTILE, messages: [{ role: HOSTILE, content: HOSTILE }] },
      worker: HOSTILE,
    };
    const failed: Partial<Outcome> = {
      ...hostile,
      finalStatus: "failed_permanent",
      error: { kind: "bad_request", message: HOSTILE },
    };
    stored(
      "exp_hostile",
      tasks(2, (i) => (i === 0 ? hostile : failed)),
      { name: HOSTILE },
    );
    const recorder = openRecorder({ path: recordingPath(folder, "exp_hostile"), tasks: 2, now: () => 1 });
    recorder.record({ type: "task.logged", ordinal: 0, message: HOSTILE });
    recorder.sample(node(HOSTILE, HOSTILE, [node(HOSTILE, HOSTILE)]), {
      ended: 0,
      failed: 0,
      tasksPerSecond: 0,
      cost: 0,
    });
    recorder.close();
    const own = "/run/exp_hostile";
    for (const path of [
      "/",
      own,
      `${own}/tree`,
      `${own}/machines`,
      `${own}/facts`,
      `${own}/tasks`,
      `${own}/tasks/0`,
      `${own}/tasks/1`,
      `${own}/facts?q=${encodeURIComponent(HOSTILE)}`,
      `${own}/tasks?q=${encodeURIComponent(HOSTILE)}&error=${encodeURIComponent(HOSTILE)}`,
      `/run/${encodeURIComponent(HOSTILE)}`,
    ]) {
      const { text } = await pageAt(path);
      expect(text.match(/<script|<img|onerror=alert\(2\)>/g), path).toEqual(["<script"]); // the viewer's own
    }
    const { text } = await madeAt(`${own}/results`);
    expect(text.match(/<script|<img/g)).toEqual(["<script"]);
  });

  it("are not found where there is nothing, and say so where a file is not a store", async () => {
    for (const path of [
      "/nothing",
      "/run",
      "/run/exp_none",
      "/run/..%2F..%2Fetc%2Fpasswd/tasks",
      "/run/exp_done/nothing",
      "/run/exp_done/tasks/1/2",
      "/%E0%A4%A",
      "/compare/exp_done",
    ])
      expect((await pageAt(path)).status, path).toBe(404);
    const broken = await pageAt("/run/no-store");
    expect(broken.status).toBe(422);
    expect(broken.text).toContain("cannot be opened as the store of a run");
  });

  it("bring what they need themselves: one style, one script, nothing from elsewhere and nothing inline", async () => {
    expect((await fileAt("/style.css")).type).toContain("text/css");
    expect((await fileAt("/script.js")).type).toContain("text/javascript");
    const { text } = await pageAt("/run/exp_done");
    expect(text.match(/(?:src|href)="(?:https?:)?\/\/[^"]*"/g)).toBeNull();
    expect(text).not.toMatch(/ style="| on\w+="|<style|javascript:/);
  });
});

const node = (id: string, value: unknown, children: TreeNode[] = [], more: Partial<TreeNode> = {}): TreeNode => ({
  id,
  kind: "worker",
  state: "alive",
  value,
  restarts: 0,
  history: [],
  children,
  ...more,
});

/** A recording of a run whose limiter broke twice and whose circuit is open. */
function recorded(id: string): void {
  let t = 1_790_000_000_000;
  const recorder = openRecorder({ path: recordingPath(folder, id), tasks: 9, now: () => ++t });
  const progress = { ended: 2, failed: 0, tasksPerSecond: 3, cost: 0 };
  const tree = (limiter: Partial<TreeNode>, breaker: string): TreeNode =>
    node("experiment", "idle", [
      node("services", "idle", [node("limiter", "open", [], limiter), node("breaker", breaker)]),
      node("conditions", "idle", [
        node("a / b", "running", [
          node("tasks", "running", [
            node("x/0", "running"),
            node("y/0", "running"),
            node("z/0", undefined, [], { state: "restarting" }),
          ]),
        ]),
      ]),
    ]);
  const life = (reason: string) => ({ at: t, afterMs: 5, exit: crash(new Error(reason)) });
  recorder.record({ type: "task.started", ordinal: 1, attempt: 1 });
  recorder.sample(tree({}, "closed"), progress);
  recorder.record({
    type: "task.retried",
    ordinal: 1,
    attempt: 1,
    delayMs: 5,
    error: { kind: "timeout", message: "late" },
  });
  recorder.sample(tree({ restarts: 1, history: [life("it broke")] }, "closed"), progress);
  recorder.record({ type: "circuit.opened", failures: 3, ended: 9 });
  recorder.sample(
    tree({ value: "throttled", restarts: 2, history: [life("it broke"), life("it broke <again>")] }, "open"),
    progress,
  );
  recorder.close();
}
