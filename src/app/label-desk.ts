import { type Label, refuseOtherRubric, takeBack } from "#src/experiment/labels";
import { ConfigError } from "#src/kernel/errors";
import {
  addLabels,
  appendRows,
  type LabelOrder,
  type LabelPlace,
  labelledAnswer,
  ordinalsToLabel,
  withStore,
} from "./labels.ts";
import { labelRowsIn, labelsIn } from "./results/labels-in.ts";

/** An answer as a rater sees it: without a word of its condition. */
export interface AnswerToLabel {
  /** Its name among all, by which it is labelled. */
  readonly task: string;
  readonly input: string;
  readonly target: string;
  readonly reply: string;
}

export interface LabelDeskOptions extends LabelPlace, LabelOrder {
  /** Whether raters may go by another rubric than before. */
  readonly newRubric?: boolean;
}

/** The answers of a run in front of raters, in the order of a file of labels. Each label is stored when it is given. */
export interface LabelDesk {
  /** Name of the experiment. */
  readonly title: string;
  readonly experimentId: string;
  readonly answers: number;
  /** Who labelled so far, by which rubric last, and how many of these answers by it. */
  raters(): readonly { readonly rater: string; readonly rubric: string; readonly labels: number }[];
  /** Which of the answers have a label of the rater by the rubric: its text by their places in the order. @throws ConfigError where the rater went by another rubric */
  labelled(rater: string, rubric: string): ReadonlyMap<number, string>;
  /** The answer at a place in the order, from 0. */
  at(place: number): Promise<AnswerToLabel | undefined>;
  /** The last label of the rater by the rubric that stands, and its place in the order. */
  last(
    rater: string,
    rubric: string,
  ): { readonly place: number; readonly task: string; readonly label: string } | undefined;
  /** Stores that a rater takes a label back: a row of its own, and the label may be given again. @throws ConfigError where the rater has not given that label */
  takeBack(label: Omit<Label, "ordinal" | "at"> & { readonly task: string }): Promise<void>;
  /** Stores a label, as taking in a file does. @throws ConfigError for what a file is refused for */
  give(label: Omit<Label, "ordinal" | "at"> & { readonly task: string }): Promise<void>;
}

/**
 * Opens the answers of a run to raters, until `work` has ended.
 *
 * @throws ConfigError for an unknown run, one that is active, and one without answers
 */
export const atLabelDesk = <T>(
  experimentId: string,
  { newRubric = false, ...options }: LabelDeskOptions,
  work: (desk: LabelDesk) => Promise<T>,
): Promise<T> =>
  withStore(experimentId, options, "run", async (store, manifest) => {
    const order = await ordinalsToLabel(store, manifest, options);
    const placeOf = new Map(order.ordinals.map((ordinal, place) => [ordinal, place]));
    const ordinals = new Map(order.ordinals.map((ordinal) => [order.nameOf(ordinal), ordinal]));
    const answerOf = labelledAnswer(store, order);
    return work({
      title: manifest.experiment.name,
      experimentId,
      answers: order.ordinals.length,
      raters() {
        const found = new Map<string, { rubric: string; labels: number }>();
        for (const { rater, rubric, ordinal } of labelsIn(store)) {
          const before = found.get(rater);
          const labels = (before?.rubric === rubric ? before.labels : 0) + Number(placeOf.has(ordinal));
          found.set(rater, { rubric, labels });
        }
        return [...found].map(([rater, own]) => ({ rater, ...own }));
      },
      labelled(rater, rubric) {
        const own = labelsIn(store).filter((label) => label.rater === rater);
        if (!newRubric) refuseOtherRubric(own.at(-1), { rater, rubric });
        const places = own.flatMap(({ ordinal, label, rubric: by }): [number, string][] => {
          const place = placeOf.get(ordinal);
          return place === undefined || by !== rubric ? [] : [[place, label]];
        });
        return new Map(places);
      },
      async at(place) {
        const ordinal = order.ordinals[place];
        return ordinal === undefined ? undefined : { task: order.nameOf(ordinal), ...(await answerOf(ordinal)) };
      },
      last(rater, rubric) {
        const given = labelsIn(store).findLast(
          (label) => label.rater === rater && label.rubric === rubric && placeOf.has(label.ordinal),
        );
        if (!given) return undefined;
        const { ordinal, label } = given;
        return { place: placeOf.get(ordinal)!, task: order.nameOf(ordinal), label };
      },
      async takeBack({ task, ...label }) {
        const ordinal = ordinals.get(task);
        if (ordinal === undefined) throw new ConfigError("task", "must name an answer of this run", task);
        const rows = labelRowsIn(store);
        appendRows(store, rows.length, [takeBack({ ordinal, ...label, at: new Date().toISOString() }, rows)]);
      },
      async give(label) {
        const given = { ...label, at: new Date().toISOString(), place: "the page" };
        addLabels(store, [given], (task) => ordinals.get(task), newRubric);
      },
    });
  });
