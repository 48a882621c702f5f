import type { Manifest } from "#src/experiment/manifest";

const OF = "pairs of ";

/** The tag of runs that judge the answers of another run in pairs: `crucible list --tag "pairs of exp_1"` lists them. */
export const pairsTag = (experimentId: string): string => `${OF}${experimentId}`;

/** The run whose answers a run judges; nothing for any other run. @example pairsOf({ experiment: { tags: ["pairs of exp_1"] } }) // => "exp_1" */
export const pairsOf = ({
  experiment,
}: {
  readonly experiment: Pick<Manifest["experiment"], "tags">;
}): string | undefined => experiment.tags.find((tag) => tag.startsWith(OF))?.slice(OF.length);
