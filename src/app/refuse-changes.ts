import { experimentSchema } from "#src/experiment/define";
import type { Manifest } from "#src/experiment/manifest";
import type { OptionChange } from "#src/experiment/option-changes";
import { ConfigError, didYouMean, show } from "#src/kernel/errors";
import type { Prepared } from "./prepare.ts";

/** What can be accepted: options of an experiment, and what else is compared with the stored run. */
const names = [...Object.keys(experimentSchema.shape), "parameters", "code", "environment"];

/**
 * Refuses what is another one than in the stored run and was not accepted by name.
 *
 * @throws ConfigError that names it with both values; and for the name of something else, which would accept nothing
 */
export function refuseChanges(changes: readonly OptionChange[], accepted: readonly string[] | true): void {
  if (accepted === true) return;
  for (const name of accepted)
    if (!names.includes(name.split(/[ .[]/, 1)[0]!))
      throw new ConfigError(
        "acceptChanged",
        "must name options of the experiment",
        name,
        didYouMean(name.split(/[ .[]/, 1)[0]!, names),
      );
  const refused = changes.filter(({ path }) => !accepted.some((name) => isWithin(path, name)));
  if (refused.length === 0) return;
  const [{ path, decided, now }, ...others] = refused as [OptionChange, ...OptionChange[]];
  const more =
    others.length > 0
      ? ` (and ${others.length} more: ${others
          .slice(0, 4)
          .map((other) => other.path)
          .join(", ")})`
      : "";
  const exact = [...new Set(refused.map((change) => change.path.split(" ")[0]!))];
  const toAccept = exact.length <= 4 ? exact : [...new Set(refused.map((change) => change.path.split(/[ .[]/)[0]!))];
  throw new ConfigError(
    path,
    `differs from the stored run${more}, so old and new results would mix, or be judged by what was not decided before them: it was ${worded(decided)} and is ${worded(now)}`,
    undefined,
    `Undo the change, start a new run, or accept it by name, to be named in every report: --accept-changed ${quoted(toAccept.join(","))} (acceptChanged: ${JSON.stringify(toAccept)})`,
  );
}

/** Whether an option is the named one, or a part of it. */
const isWithin = (path: string, name: string): boolean =>
  path === name || (path.startsWith(name) && ".[ ".includes(path[name.length]!));

/** As a shell takes it: brackets are no pattern. */
const quoted = (names: string): string => (names.includes("[") ? `"${names}"` : names);

const worded = (value: unknown): string => (value === undefined ? "not there" : show(value));

/** Rows that are read on the way are checked as they come; from a list to a stream nothing can be. @throws ConfigError */
export function refuseOtherKind({ dataset, plan }: Prepared, stored: Manifest): void {
  const [now, before] = [dataset.stream !== undefined, stored.dataset.stream !== undefined];
  const hint = "Undo the change, or start a new run";
  if (now !== before)
    throw new ConfigError(
      "dataset",
      `must be ${before ? "a stream" : "no stream"}, as in the stored run`,
      undefined,
      hint,
    );
  if (now && plan.hash !== stored.plan.hash)
    throw new ConfigError(
      "conditions, repeat and randomSeed",
      "must be those of the stored run: over a stream a run does not grow by them",
      undefined,
      hint,
    );
}
