import { optionsIn } from "#src/text/answer";
import { fold } from "#src/text/words";
import { type Scorer, targetScorer, unscored, verdict } from "./scorer.ts";

/**
 * Correct where the choices that `multipleChoice` marked are the target's, all of them and no other. A target is the label of a choice in the
 * sample's order, or its text; a sample whose target names no choice is unscored.
 */
export const choice = (): Scorer =>
  targetScorer("choice", ({ choices, output }, target) => {
    const options = choices.inSampleOrder;
    const labels = new Map(options.map(({ label }) => [fold(label), label]));
    const wanted = target.map((text) => {
      const label = labels.get(fold(text).trim());
      return label === undefined ? optionsIn(text, options, true) : [label];
    });
    const unknown = target.find((_, i) => wanted[i] === undefined);
    if (unknown !== undefined) return unscored(`its target ${JSON.stringify(unknown)} names none of the choices`);
    const right = new Set(wanted.flatMap((each) => each ?? []));
    const marked = choices.marked;
    const correct = marked.length === right.size && marked.every((label) => right.has(label));
    const shuffled = choices.all.some(({ originalPosition }, i) => originalPosition !== i);
    const shown = shuffled ? `The choices were shown in this order:\n${choices.listing()}\n\n` : "";
    return verdict(correct, { answer: marked.join(", "), explanation: `${shown}${output!.content}` });
  });
