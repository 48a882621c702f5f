/**
 * What a scorer costs: microseconds per reply of one kilobyte, the least of several rounds. Needs `npm run build`.
 *
 *     npm run bench:scoring -- --rounds 5
 *
 * Prints a limit beside each; it never fails. `math` and `modelGraded` have none: the one reads mathematics, the other waits for a model.
 */
import { parseArgs } from "node:util";
import * as scoring from "../../dist/src/scoring/index.js";
import { Choices, TaskState } from "../../dist/src/solver/index.js";

const { values } = parseArgs({
  options: { rounds: { type: "string", default: "5" }, calls: { type: "string", default: "500" } },
});
const LIMIT_MICROS = 50;

const prose = "We add the parts, 12 and 30, and see that the sum of both is what was asked for. ".repeat(12);
const json = JSON.stringify({ steps: Array.from({ length: 40 }, (_, i) => ({ n: i, text: "step" })), answer: 42 });
const said = (content) =>
  TaskState.from({ id: "q", input: "?", metadata: { assertions: "contains: 42" } }).setOutput({
    content,
    finishReason: "stop",
    toolCalls: [],
  });
const reply = said(`${prose}ANSWER: 42`);
const { contains, isJson, match } = scoring;
const schema = { type: "object", required: ["answer"] };
const target = ["42"];

/** [scorer, reply, target] of every scorer of the index. */
const cases = {
  answer: [scoring.answer("line"), reply, target],
  bleu: [scoring.bleu(), reply, [prose]],
  choice: [scoring.choice(), reply.setChoices(Choices.of(["x", "y"]).markLabels(["A"])), ["A"]],
  contains: [contains(), reply, target],
  containsAll: [scoring.containsAll(), reply, target],
  containsAny: [scoring.containsAny({ ignoreCase: true }), reply, target],
  containsJson: [scoring.containsJson({ schema }), said(`${prose.slice(0, 400)}${json}`), []],
  endsWith: [scoring.endsWith(), reply, target],
  equals: [scoring.equals(), reply, target],
  equalsJson: [scoring.equalsJson(), said(json), [json]],
  exact: [scoring.exact(), reply, target],
  f1: [scoring.f1(), reply, [prose]],
  includes: [scoring.includes(), reply, target],
  isJson: [isJson({ schema }), said(json), []],
  levenshtein: [scoring.levenshtein(), reply, [prose]],
  match: [match(), reply, target],
  "match, numeric": [match({ numeric: true }), reply, target],
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
};
const unlimited = new Set(["math"]);

for (const [name, [scorer, state, right]] of Object.entries(cases)) {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < Number(values.rounds); round++) {
    const before = performance.now();
    for (let call = 0; call < Number(values.calls); call++) await scorer(state, right);
    least = Math.min(least, ((performance.now() - before) * 1000) / Number(values.calls));
  }
  const limit = unlimited.has(name) ? "no limit" : `${LIMIT_MICROS} µs${least > LIMIT_MICROS ? ", above" : ""}`;
  console.log(`${name.padEnd(16)}${least.toFixed(1).padStart(8)} µs   ${limit}`);
}
console.log(`${"modelGraded".padEnd(16)}${"".padStart(8)}      waits for a model`);
