import { describe, it } from "vitest";
import {
  answer,
  bleu,
  exact,
  f1,
  includes,
  levenshtein,
  match,
  math,
  numeric,
  rouge,
  type Scorer,
} from "#src/scoring/index";
import { TaskState } from "#src/solver/index";
import { expectLinear, repeated } from "../support.ts";

const replied = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const counting = (separator: string) => (length: number) =>
  Array.from({ length: Math.ceil(length / (4 + separator.length)) }, (_, i) => 1000 + (i % 9000)).join(separator);

const scorers: readonly Scorer[] = [
  ...[answer("line"), bleu(), exact(), f1(), includes(), levenshtein(), match(), match({ location: "any" }), math()],
  ...[match({ numeric: true }), match({ numeric: true, location: "any" }), numeric(), rouge(), rouge({ n: 2 })],
];
/** Long replies of nothing but numbers, as a model writes that counts on and on. */
const replies = {
  "1 2 3": counting(" "),
  "1,2,3": counting(","),
  "1-2-3": counting("-"),
  "-1 -1": repeated("-1 "),
  "½½": repeated("½"),
  "٤ ٤": repeated("٤ "),
  "(1, 2)": repeated("(1, 2) "),
};

describe.each(Object.entries(replies))("a reply of numbers, %s", (_, text) => {
  it("is scored in a time that grows with its length", async () => {
    for (const each of scorers) {
      await expectLinear((reply) => each(replied(reply), ["1000 -77777.5 1002"]), text, 40_000);
      await expectLinear((reply) => each(replied(reply), ["-77777.5"]), text, 40_000);
    }
  });
});
