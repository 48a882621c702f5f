import { defineExperiment, memoryStore, run } from "crucible-harness";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { atLabelDesk } from "#src/app/label-desk";
import { labelRowsIn, labelsIn } from "#src/app/results/labels-in";
import type { Door } from "#src/viewer/door";
import { openLabelPages } from "#src/viewer/label-pages";

const store = { ...memoryStore(), close: () => {} };
let door: Door;
let close: () => void;
let closed: Promise<void>;
beforeAll(async () => {
  const experiment = defineExperiment({
    name: "to be <labelled>",
    dataset: Array.from({ length: 3 }, (_, i) => ({ id: `i${i}`, input: `what is <b>${i}</b>?`, target: String(i) })),
    conditions: ["secret_one", "secret_two"].map((name) => ({
      name,
      run: ({ id }: { id: string }) => ({ accuracy: 1, completion: `<script>alert("${id}")</script>` }),
    })),
    metrics: ["accuracy"],
  });
  const { experimentId } = await run(experiment, { formats: [], store: () => store });
  const opened = new Promise<void>((ready) => {
    closed = atLabelDesk(experimentId, { store }, async (desk) => {
      door = await openLabelPages(desk, { rubric: "as a person would" });
      ready();
      await new Promise<void>((resolve) => {
        close = resolve;
      });
      await door.close();
    });
  });
  await opened;
});
afterAll(async () => {
  close();
  await closed;
});

let cookie = "";
interface Reply {
  readonly status: number;
  readonly body: string;
  readonly location: string | null;
}
async function ask(path: string, form?: Record<string, string>, headers: Record<string, string> = {}): Promise<Reply> {
  if (cookie === "") {
    const { headers: given } = await fetch(door.url, { redirect: "manual" });
    cookie = given.get("set-cookie")!.split(";")[0]!;
  }
  const asked = await fetch(`http://127.0.0.1:${door.port}${path}`, {
    redirect: "manual",
    headers: { cookie, ...headers },
    ...(form ? { method: "POST", body: new URLSearchParams(form) } : {}),
  });
  return { status: asked.status, body: await asked.text(), location: asked.headers.get("location") };
}
const of = (rater: string, rubric = "r") => `/label?${new URLSearchParams({ rater, rubric })}`;
const taskIn = ({ body }: Reply): string => /name="task" value="(\w+)"/.exec(body)![1]!;
const give = async (rater: string, label: string, more: Record<string, string> = {}): Promise<Reply> => {
  const shown = await ask(of(rater));
  return ask("/label", { task: taskIn(shown), label, rater, rubric: "r", place: "0", ...more });
};

describe("the page where answers are labelled", () => {
  it("shows each answer as text, without a word of its condition, and the rubric that was given", async () => {
    expect((await ask("/")).body).toContain('value="as a person would"');
    const { body } = await ask(of("eve"));
    expect(body).toContain("Answer 1 of 6");
    expect(body).toContain("what is &lt;b&gt;");
    expect(body).toContain("&lt;script&gt;alert(");
    expect(body).not.toMatch(/secret|<script>alert/);
  });

  it("stores each label when it is given, goes on where its rater stopped, and shows every rater all answers in one order", async () => {
    const first = taskIn(await ask(of("ada")));
    expect(await give("ada", "C")).toMatchObject({ status: 303, location: "/label?rater=ada&rubric=r&from=0" });
    await give("ada", "0.5");
    expect(labelsIn(store).map(({ rater, rubric, label }) => [rater, rubric, label])).toEqual([
      ["ada", "r", "C"],
      ["ada", "r", "0.5"],
    ]);
    expect((await ask(of("ada"))).body).toContain("2 of 6 labelled");
    expect(taskIn(await ask(of("bob")))).toBe(first);
    for (let i = 0; i < 6; i++) await give("bob", "I");
    expect((await ask(of("bob"))).body).toContain("All answers are labelled");
    expect((await ask(`${of("bob")}&at=0`)).body).toMatch(/Labelled: <b dir="auto">I<\/b>/);
    expect((await ask("/")).body).toMatch(/>ada<\/a><\/td><td class="right">2 of 6/);
  });

  it("takes nothing that a file would be refused for, and says the same sentence", async () => {
    const before = labelsIn(store).length;
    const sentences = [
      [await give("cid", "C", { task: "other" }), "must name an answer of this run"],
      [await give("cid", " "), "label must be a text of 1 to 200 characters"],
      [await give("ada", "C", { rubric: "another" }), "must be the one by which"],
      [await give("cid", "C", { rater: "" }), "rater must be a text"],
    ] as const;
    for (const [{ status, body }, sentence] of sentences)
      expect([status, body.includes(sentence)]).toEqual([422, true]);
    const taken = taskIn(await ask(of("ada")));
    await ask("/label", { task: taken, label: "C", rater: "ada", rubric: "r", place: "2" });
    const twice = await ask("/label", { task: taken, label: "I", rater: "ada", rubric: "r", place: "2" });
    expect([twice.status, twice.body.includes("must not label an answer twice")]).toEqual([422, true]);
    expect((await ask(of("ada", "another"))).body).toContain("Labels by two rubrics do not mix");
    expect(labelsIn(store)).toHaveLength(before + 1);
  });

  it("takes a label back by a row of its own, the last one or that of the answer that is shown, and lets it be given again", async () => {
    const rowsOf = () => labelRowsIn(store).filter((row) => row.rater === "fay");
    const undoIn = ({ body }: Reply): Record<string, string> => {
      const form = body.slice(body.indexOf('action="/undo"'));
      return Object.fromEntries(
        [...form.matchAll(/name="(task|label|rater|rubric|place)" value="([^"]*)"/g)]
          .slice(0, 5)
          .map(([, name, value]) => [name, value]),
      );
    };
    expect((await ask(of("fay"))).body).not.toContain("Take back");
    await give("fay", "C");
    await give("fay", "I");
    const shown = await ask(of("fay"));
    expect(shown.body).toMatch(/data-hotkey="u">Take back <b dir="auto">I<\/b> of answer 2 <kbd>u/);
    const undo = undoIn(shown);
    expect(await ask("/undo", undo)).toMatchObject({ status: 303, location: "/label?rater=fay&rubric=r&at=1" });
    const back = await ask(`${of("fay")}&at=1`);
    expect(back.body).toContain("1 of 6 labelled");
    expect(back.body).toContain('name="label" value="C" data-hotkey="c"');
    const twice = await ask("/undo", undo);
    expect([twice.status, twice.body.includes("has no label of this answer")]).toEqual([422, true]);
    const other = await ask("/undo", { ...undoIn(await ask(`${of("fay")}&at=0`)), label: "P" });
    expect([other.status, other.body.includes("says &quot;C&quot; of this answer")]).toEqual([422, true]);
    await ask("/label", { ...undo, label: "P" });
    expect(rowsOf().map(({ label, takenBack }) => [label, takenBack === true])).toEqual([
      ["C", false],
      ["I", false],
      ["I", true],
      ["P", false],
    ]);
    expect((await ask(`${of("fay")}&at=1`)).body).toMatch(/Labelled: <b dir="auto">P/);
    expect((await ask(of("gil"))).body).not.toContain("Take back"); // each takes back their own
  });

  it("takes no form without the token, of another page, or too long, and none at another address", async () => {
    const before = labelsIn(store).length;
    const form = { task: taskIn(await ask(of("dan"))), label: "C", rater: "dan", rubric: "r", place: "0" };
    expect((await ask("/label", form, { cookie: "" })).status).toBe(401);
    expect((await ask("/label", form, { origin: "http://127.0.0.1:1" })).status).toBe(403);
    expect((await ask("/label", form, { origin: "null", "sec-fetch-site": "same-site" })).status).toBe(403);
    expect((await ask("/label", { ...form, label: "x".repeat(40_000) })).status).toBe(413);
    expect((await ask("/", form)).status).toBe(404);
    expect((await ask("/elsewhere")).status).toBe(404);
    expect(labelsIn(store)).toHaveLength(before);
    expect((await ask("/label", form)).status).toBe(303);
  });
});
