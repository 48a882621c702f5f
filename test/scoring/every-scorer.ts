import { scripted } from "#src/backends/scripted";
import {
  answer,
  bleu,
  called,
  calledInOrder,
  choice,
  contains,
  containsAll,
  containsAny,
  containsJson,
  endsWith,
  equals,
  equalsJson,
  exact,
  f1,
  fewRetries,
  fewSteps,
  includes,
  isJson,
  levenshtein,
  match,
  math,
  modelGraded,
  modelGradedFact,
  multiScorer,
  not,
  notCalled,
  numeric,
  on,
  pairwise,
  pattern,
  recovers,
  rouge,
  rowAssertions,
  startsWith,
  weighted,
} from "#src/scoring/index";
import { Choices, TaskState } from "#src/solver/index";
import type { ScorerUnderTest } from "#src/testing/scorer-contract";

const answered = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const marked = (label: string): TaskState =>
  answered(`ANSWER: ${label}`).setChoices(Choices.of(["x", "y"]).markLabels([label]));
/** An agent that called tools one after the other; a name with a mark failed. */
export const acted = (...names: readonly string[]): TaskState =>
  names.reduce(
    (state, name, i) => {
      const [tool, fault] = [name.replace("!", ""), name.endsWith("!")];
      return state
        .addMessage({ role: "assistant", content: "", toolCalls: [{ id: `${i}`, name: tool, arguments: { n: i } }] })
        .addMessage({
          role: "tool",
          toolCallId: `${i}`,
          name: tool,
          content: "?",
          ...(fault ? { error: "no route" } : {}),
        });
    },
    answered("done").addMessage({ role: "assistant", content: "I begin." }),
  );
const doing = (scorer: ScorerUnderTest["scorer"], right: TaskState, wrong: TaskState): ScorerUnderTest => ({
  scorer,
  target: [],
  right,
  wrong,
});
const about = (scorer: ScorerUnderTest["scorer"], target: string, right: string, wrong: string): ScorerUnderTest => ({
  scorer,
  target: [target],
  right: answered(right),
  wrong: answered(wrong),
});

const grader = scripted((messages) => (messages[0]!.content.includes("4!") ? "GRADE: C" : "GRADE: I"));

/** Every scorer of the index, with a reply that it finds right and one that it finds wrong. */
export const everyScorer: Readonly<Record<string, ScorerUnderTest>> = {
  match: about(match(), "4", "It is 4.", "It is 5."),
  "match, numeric": about(match({ numeric: true }), "4", "It is 4.0", "It is 14"),
  includes: about(includes(), "Paris", "in Paris, I think", "in Rome"),
  pattern: about(pattern(/= (\d)/), "4", "= 4", "= 5"),
  answer: about(answer("line"), "red car", "ANSWER: Red car", "ANSWER: car"),
  exact: about(exact(), "the red car", "Red car.", "car"),
  f1: about(f1(), "the red car", "Red car.", "old car"),
  numeric: about(numeric({ relative: 0.1 }), "4", "about 4.1", "about 5"),
  choice: { scorer: choice(), target: ["B"], right: marked("B"), wrong: marked("A") },
  modelGraded: about(modelGraded({ model: grader }), "4", "4!", "5!"),
  modelGradedFact: about(modelGradedFact({ model: grader }), "4", "4!", "5!"),
  pairwise: about(
    pairwise({ model: scripted(([message]) => `GRADE: ${/A\]: 4!/.test(message!.content) ? "A" : "B"}`) }),
    "3?",
    "4!",
    "",
  ),
  called: doing(called("search", { with: { n: 0 } }), acted("search"), acted("open", "search")),
  notCalled: doing(notCalled("drop"), acted("search"), acted("drop")),
  calledInOrder: doing(calledInOrder(["search", "open"]), acted("search", "look", "open"), acted("open", "search")),
  fewSteps: doing(fewSteps({ atMost: 2 }), acted("search"), acted("search", "search")),
  fewRetries: doing(fewRetries({ atMost: 0 }), acted("search!", "open"), acted("search!", "search")),
  recovers: doing(recovers(), acted("search!", "search"), acted("search", "search!")),
  contains: about(contains("4"), "", "It is 4.", "It is 5."),
  containsAll: about(containsAll(), "4", "It is 4.", "It is 5."),
  containsAny: about(containsAny("3", "4"), "", "It is 4.", "It is 5."),
  startsWith: about(startsWith(), "It", "It is 4.", "No"),
  endsWith: about(endsWith(), "4", "It is 4", "It is 4."),
  equals: about(equals(), "4", "4", "4."),
  isJson: about(isJson({ schema: { type: "array" } }), "", "[4]", "{}"),
  containsJson: about(containsJson({ schema: { type: "array" } }), "", "So [4].", "{}"),
  equalsJson: about(equalsJson(), '{"a":4}', '{ "a": 4 }', "[4]"),
  levenshtein: about(levenshtein(), "four", "four", "five"),
  rouge: about(rouge(), "the red car", "The red car.", "old car"),
  bleu: about(bleu(), "the red car", "the red car", "old car"),
  not: about(not(includes()), "5", "It is 4.", "It is 5."),
  on: about(
    on((reply) => reply.slice(-1), equals()),
    "4",
    "It is 4",
    "It is 5",
  ),
  math: about(math(), "\\frac12", "It is 0.5", "It is 0.6"),
  weighted: about(weighted([{ scorer: includes() }, { scorer: match(), weight: 2 }]), "4", "It is 4.", "4 or 5"),
  rowAssertions: {
    scorer: rowAssertions(),
    target: [],
    right: answered("4").with({ metadata: { assertions: "contains: 4" } }),
    wrong: answered("5").with({ metadata: { assertions: "contains: 4" } }),
  },
  multiScorer: about(multiScorer([match(), includes(), exact()]), "4", "4", "5"),
};
