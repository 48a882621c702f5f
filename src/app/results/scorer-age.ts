import { existsSync } from "node:fs";
import { codeIdentity } from "#src/execute/code-digest";
import { scorerDigests } from "#src/experiment/describe";
import type { Manifest } from "#src/experiment/manifest";
import type { ScorerDigests } from "#src/experiment/scoring-record";
import { cut } from "#src/reports/cut";
import type { Definition } from "./definition.ts";

/**
 * Whether the scores of a run are those of its scorers as they are now. A file that was named says it scorer by scorer; else the text of the
 * file that the scorers came from, which is read and not run.
 *
 * @returns a sentence for each thing that a reader must know
 */
export async function olderScores(manifest: Manifest, { experiment, scorers }: Definition): Promise<string[]> {
  const { scorers: then = {}, experimentId, scoring } = manifest;
  if (Object.values(then).every((own) => Object.keys(own).length === 0)) return [];
  const now = experiment ? scorerDigests(experiment) : scorers && forAll(scorers, Object.keys(then));
  const again = `crucible score ${experimentId} scores the stored answers by it`;
  if (now) {
    const changed = [...changedScorers(then, now)];
    if (changed.length === 0) return [];
    return [`The scores are older than the code of ${cut(changed.join(", "), 400)}; ${again}.`];
  }
  const file = scoring ? scoring.file : manifest.file;
  const digest = scoring ? scoring.code : manifest.code?.digest;
  if (file === undefined || digest === undefined || !existsSync(file)) return [];
  const found = await codeIdentity(file, manifest.parameters);
  if (!found || found.digest === digest) return [];
  return [
    `The scores may be older than their scorers: ${file}, or what it imports, was changed since. Name it with --file to see which; ${again}.`,
  ];
}

const forAll = (own: Readonly<Record<string, string>>, conditions: readonly string[]): ScorerDigests =>
  Object.fromEntries(conditions.map((name) => [name, own]));

/** Names of scorers whose code is another one now, each once. */
function changedScorers(then: ScorerDigests, now: ScorerDigests): Set<string> {
  const names = Object.entries(then).flatMap(([condition, own]) =>
    Object.entries(own).flatMap(([name, digest]) => {
      const current = now[condition]?.[name];
      return current !== undefined && current !== digest ? [name] : [];
    }),
  );
  return new Set(names);
}
