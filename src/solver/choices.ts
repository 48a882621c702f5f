import { answerLabel } from "#src/dataset/sample";
import { type Random, shuffled } from "#src/kernel/random";
import { fillTemplate } from "./template.ts";

/** One possible answer of a multiple-choice question. */
export interface Choice {
  readonly value: string;
  /** Whether the model chose it; absent before it answered. */
  readonly correct?: boolean | undefined;
  /** Where it stood in the sample, from 0. */
  readonly originalPosition: number;
}

/** The possible answers of a question, in the order they are shown. Immutable. */
export class Choices {
  readonly all: readonly Choice[];

  private constructor(all: readonly Choice[]) {
    this.all = all;
  }

  /** @example Choices.of(["Paris", "Rome"]).listing() // => "A) Paris\nB) Rome" */
  static of(values: readonly string[]): Choices {
    return new Choices(values.map((value, originalPosition) => ({ value, originalPosition })));
  }

  /** Choices in an order, and with marks, that they had before. */
  static shown(all: readonly Choice[]): Choices {
    return new Choices(all);
  }

  get length(): number {
    return this.all.length;
  }

  /** The labels in the order they are shown: A, B, C. */
  get labels(): readonly string[] {
    return this.all.map((_, position) => answerLabel(position));
  }

  /** The labels with the texts of the choices, in the order they are shown. */
  get options(): readonly { readonly label: string; readonly text: string }[] {
    return this.all.map(({ value }, position) => ({ label: answerLabel(position), text: value }));
  }

  /** As `options`, in the order of the sample. */
  get inSampleOrder(): readonly { readonly label: string; readonly text: string }[] {
    const ordered = [...this.all].sort((a, b) => a.originalPosition - b.originalPosition);
    return ordered.map(({ value, originalPosition }) => ({ label: answerLabel(originalPosition), text: value }));
  }

  /** The labels, by the order of the sample, of what the model chose. */
  get marked(): readonly string[] {
    const positions = this.all.filter(({ correct }) => correct).map(({ originalPosition }) => originalPosition);
    return positions.sort((a, b) => a - b).map(answerLabel);
  }

  /** Says of one choice whether it was chosen; a position that there is not changes nothing. */
  markChoice(position: number, correct: boolean): Choices {
    return new Choices(this.all.map((choice, i) => (i === position ? { ...choice, correct } : choice)));
  }

  /** Marks the choices with these labels as chosen, and all others as not. */
  markLabels(labels: Iterable<string>): Choices {
    const chosen = new Set(labels);
    return new Choices(this.all.map((choice, i) => ({ ...choice, correct: chosen.has(answerLabel(i)) })));
  }

  /** Shows them in random order; `originalPosition` remembers where each belongs. */
  shuffle(random: Random): Choices {
    return new Choices(shuffled(this.all, random));
  }

  /** The choices one a line. */
  listing(): string {
    return this.all.map(({ value }, i) => `${answerLabel(i)}) ${value}`).join("\n");
  }

  /** A prompt from a template with {question}, {choices} and {letters}. */
  prompt(question: string, template: string): string {
    return fillTemplate(template, { question, choices: this.listing(), letters: this.labels.join(",") });
  }

  toJSON(): readonly Choice[] {
    return this.all;
  }
}
