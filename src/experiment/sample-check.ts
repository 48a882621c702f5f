import type { ItemCheck } from "#src/dataset/dataset";
import { toSample } from "#src/dataset/sample";
import { digest } from "#src/kernel/digest";
import { ConfigError, faultIn } from "#src/kernel/errors";
import type { Scorer } from "#src/scoring/scorer";
import type { Condition } from "./condition.ts";

/**
 * Refuses an item that one of the solvers could not work on, or one of the scorers could never find right: a row that is not a sample by the
 * fields of its condition, a target or an assertion that a scorer cannot read. So it is found
 * before anything is run or paid, whatever executor the tasks go to.
 *
 * @throws ConfigError with the row's place; with the condition too, where conditions read other fields
 */
export function sampleCheck(
  conditions: readonly Pick<Condition, "name" | "solver" | "scorers" | "fields">[],
): ItemCheck {
  const solving = conditions.filter(({ solver }) => solver);
  const readers = new Map(solving.map(({ name, fields }) => [digest(fields), { name, fields }] as const));
  const scorersOf = (key: string): readonly Scorer[] =>
    solving.flatMap(({ fields, scorers = [] }) =>
      digest(fields) === key ? scorers.filter(({ refuses }) => refuses) : [],
    );
  const refusing = new Map([...readers.keys()].map((key) => [key, scorersOf(key)]));
  return ({ id, row }, place) => {
    for (const [key, { name, fields }] of readers) {
      try {
        const sample = toSample(row, fields, id);
        const { target } = sample;
        for (const each of refusing.get(key)!) {
          const law = each.refuses!(target, sample);
          if (law !== undefined) throw new ConfigError("sample.target", law, target.length === 1 ? target[0] : target);
        }
      } catch (thrown) {
        if (!(thrown instanceof ConfigError)) throw thrown;
        throw faultIn(readers.size > 1 ? `${place} (condition ${JSON.stringify(name)})` : place, thrown);
      }
    }
  };
}
