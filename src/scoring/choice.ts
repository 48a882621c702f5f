import { type Scorer, targetScorer, verdict } from "./scorer.ts";

/** Correct where the choices that `multipleChoice` marked are the target's letters, all of them and no other, in the sample's order. */
export const choice = (): Scorer =>
  targetScorer("choice", ({ choices, output }, target) => {
    const labels = new Set(choices.labels);
    const wanted = target.flatMap((text) =>
      labels.has(text.trim().toUpperCase()) ? [text.trim().toUpperCase()] : letters(text),
    );
    const marked = choices.marked;
    const correct = marked.length === new Set(wanted).size && marked.every((label) => wanted.includes(label));
    const shuffled = choices.all.some(({ originalPosition }, i) => originalPosition !== i);
    const shown = shuffled ? `The choices were shown in this order:\n${choices.listing()}\n\n` : "";
    return verdict(correct, { answer: marked.join(", "), explanation: `${shown}${output!.content}` });
  });

const letters = (text: string): string[] => text.toUpperCase().match(/[A-Z]/g) ?? [];
