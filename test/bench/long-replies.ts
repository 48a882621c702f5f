import type { Scorer } from "#src/scoring/index";
import * as scoring from "#src/scoring/index";
import { Choices, TaskState } from "#src/solver/index";

const prose = "We add the parts, 12 and 30, and see that the sum of both is what was asked for. ".repeat(12);
const accents = "L’été dernier, nous avons dîné à l’hôtel «Élysée» près de la forêt. ".repeat(15);
const numbers = Array.from({ length: 262 }, (_, i) => i).join(" ");
const json = JSON.stringify({ steps: Array.from({ length: 40 }, (_, i) => ({ n: i, text: "step" })), answer: 42 });
const said = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?", metadata: { assertions: "contains: 42" } }).setOutput({
    content,
    finishReason: "stop",
    toolCalls: [],
  });
const reply = said(`${prose}ANSWER: 42`);
const { contains, isJson, match } = scoring;
const schema = { type: "object", required: ["answer"] };
const target = ["42"];

/** Ten calls with their results: about a kilobyte. */
const busy = Array.from({ length: 10 }, (_, i) => `${i}`).reduce(
  (state, id) =>
    state
      .addMessage({ role: "assistant", content: "", toolCalls: [{ id, name: "search", arguments: { query: "cats" } }] })
      .addMessage({ role: "tool", toolCallId: id, name: "search", content: prose.slice(0, 40) }),
  reply,
);

/** [scorer, reply, target] of every scorer of the index that waits for no model: replies of one kilobyte, targets as long where they are texts. */
export const longReplies: Readonly<Record<string, readonly [Scorer, TaskState, readonly string[]]>> = {
  answer: [scoring.answer("line"), reply, target],
  bleu: [scoring.bleu(), reply, [prose]],
  called: [scoring.called("search", { with: { query: /cat/ } }), busy, []],
  calledInOrder: [scoring.calledInOrder(["search", "open"], { exactly: true }), busy, []],
  choice: [scoring.choice(), reply.setChoices(Choices.of(["x", "y"]).markLabels(["A"])), ["A"]],
  contains: [contains(), reply, target],
  containsAll: [scoring.containsAll(), reply, target],
  containsAny: [scoring.containsAny({ ignoreCase: true }), reply, target],
  containsJson: [scoring.containsJson({ schema }), said(`${prose.slice(0, 64)}${json}`), []],
  endsWith: [scoring.endsWith(), reply, target],
  equals: [scoring.equals(), reply, target],
  equalsJson: [scoring.equalsJson(), said(json), [json]],
  exact: [scoring.exact(), reply, target],
  "exact, accents": [scoring.exact(), said(accents), [accents]],
  f1: [scoring.f1(), reply, [prose]],
  fewRetries: [scoring.fewRetries({ atMost: 3 }), busy, []],
  fewSteps: [scoring.fewSteps({ atMost: 3 }), busy, []],
  includes: [scoring.includes(), reply, target],
  isJson: [isJson({ schema }), said(json), []],
  levenshtein: [scoring.levenshtein(), reply, [prose]],
  match: [match(), reply, target],
  "levenshtein, other words": [scoring.levenshtein(), reply, [[...prose].reverse().join("")]],
  "match, numeric": [match({ numeric: true }), reply, target],
  "match, all numbers": [match({ numeric: true, location: "any" }), said(numbers), ["-1"]],
  math: [scoring.math(), reply, ["\\frac{84}{2}"]],
  multiScorer: [scoring.multiScorer([match(), contains()]), reply, target],
  not: [scoring.not(contains()), reply, target],
  numeric: [scoring.numeric(), reply, target],
  on: [scoring.on((text) => text.slice(-2), scoring.equals()), reply, target],
  pattern: [scoring.pattern(/ANSWER: (\d+)/), reply, target],
  rouge: [scoring.rouge(), reply, [prose]],
  rowAssertions: [scoring.rowAssertions(), reply, []],
  startsWith: [scoring.startsWith(), reply, target],
  weighted: [scoring.weighted([{ scorer: match() }, { scorer: contains() }]), reply, target],
  notCalled: [scoring.notCalled("drop"), busy, []],
  recovers: [scoring.recovers(), busy, []],
};
