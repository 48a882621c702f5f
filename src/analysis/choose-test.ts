import { independentBinary, pairedBinary } from "./binary.ts";
import { bootstrapDifference } from "./bootstrap.ts";
import { clusteredMeans } from "./clusters.ts";
import { independentMeans, pairedMeans } from "./means.ts";
import { independentGrades, pairedGrades } from "./ordinal.ts";
import type { PairData } from "./pair-data.ts";
import type { Pair } from "./pairs.ts";
import type { Reading } from "./reading.ts";
import type { Resamples } from "./resample.ts";
import type { TestOutcome, TestSetting } from "./test-outcome.ts";

/**
 * Chooses the test by the kind of the metric and the design, never by the data's shape: aggregates other than the mean by the
 * bootstrap, clustered items by cluster-robust errors, ordinal grades by ranks, yes or no on the same items by McNemar, means by t.
 */
export function chooseTest(
  data: PairData,
  pair: Pair,
  reading: Reading,
  setting: TestSetting,
  resamples: Resamples,
): TestOutcome {
  if (reading.metric.aggregate !== "mean") return bootstrapDifference(pair, reading, setting, resamples);
  if (data.xClusters) return clusteredMeans(data, setting);
  if (reading.metric.ordinal)
    return data.design === "paired" ? pairedGrades(data, setting) : independentGrades(data, setting);
  const once = reading.binary && (reading.once || agreed(data));
  if (data.design === "paired") return once ? pairedBinary(data, setting) : pairedMeans(data, setting);
  return once ? independentBinary(data, setting) : independentMeans(data, setting);
}

/** Whether the repeats of every item gave one answer, so that each item is a yes or a no. */
const agreed = ({ x, y }: PairData): boolean =>
  [x, y].every((means) => means.every((mean) => mean === 0 || mean === 1));
