import type { Manifest } from "#src/experiment/manifest";
import { canonicalJson } from "#src/kernel/digest";

/** One thing in which runs differ. */
export interface ManifestDifference {
  /** `experiment.conditions.treatment.code`, `environment.git.commit`. */
  readonly path: string;
  /** What each run has, in their order; nothing where it has none. */
  readonly values: readonly unknown[];
}

/** What identifies a run, and does not explain why results differ. */
const ownToRun = new Set(["experimentId", "createdAt", "plan", "decided", "flags", "growth"]);

/**
 * What differed between the manifests of runs, in the order of the manifest. Things that have a name, such as conditions, are matched by it.
 *
 * @example manifestDifferences([{ seed: 1 } as Manifest, { seed: 2 } as Manifest]) // => [{ path: "seed", values: [1, 2] }]
 */
export function manifestDifferences(manifests: readonly Manifest[]): ManifestDifference[] {
  const found: ManifestDifference[] = [];
  const visit = (values: readonly unknown[], path: string): void => {
    const texts = new Set(values.map((value) => (value === undefined ? "" : canonicalJson(value))));
    if (texts.size < 2) return;
    const trees = values.map(membersOf);
    if (!trees.every((tree) => tree !== undefined)) {
      found.push({ path, values });
      return;
    }
    for (const key of new Set(trees.flatMap((tree) => Object.keys(tree)))) {
      if (path === "" && ownToRun.has(key)) continue;
      visit(
        trees.map((tree) => tree[key]),
        path === "" ? key : `${path}.${key}`,
      );
    }
  };
  visit(manifests, "");
  return found;
}

/** Members by name; nothing for a value that is compared as a whole. */
function membersOf(value: unknown): Record<string, unknown> | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (!Array.isArray(value)) return value as Record<string, unknown>;
  const named = value.every((member) => typeof (member as { name?: unknown } | null)?.name === "string");
  return named && value.length > 0 ? Object.fromEntries(value.map((member) => [member.name, member])) : undefined;
}
