import type { ItemCheck } from "#src/dataset/dataset";
import { toSample } from "#src/dataset/sample";
import { digest } from "#src/kernel/digest";
import { ConfigFault } from "#src/kernel/fault";
import type { Condition } from "./condition.ts";

/**
 * Refuses an item that one of the solvers could not work on: a row that is no sample by the fields of its condition. So it is found
 * before anything is run or paid, whatever executor the tasks go to.
 *
 * @throws ConfigFault with the row's place; with the condition too, where conditions read other fields
 */
export function sampleCheck(conditions: readonly Pick<Condition, "name" | "solver" | "fields">[]): ItemCheck {
  const readers = new Map(
    conditions.flatMap(({ name, solver, fields }) => (solver ? [[digest(fields), { name, fields }] as const] : [])),
  );
  return ({ id, row }, place) => {
    for (const { name, fields } of readers.values()) {
      try {
        toSample(row, fields, id);
      } catch (thrown) {
        if (!(thrown instanceof ConfigFault)) throw thrown;
        throw thrown.within(readers.size > 1 ? `${place} (condition ${JSON.stringify(name)})` : place);
      }
    }
  };
}
