import type { Decision } from "./draws.ts";

/**
 * Replays decisions.
 *
 * @returns those that were really drawn, where the same law is broken; undefined where it is not
 */
export type StillFails = (decisions: readonly Decision[]) => Promise<readonly Decision[] | undefined>;

/**
 * Makes a failure small: leaves decisions out, by label, then in chunks and one by one, and lowers the values of those that stay, until nothing more can
 * go. What is left out is the calm choice, so fewer decisions are fewer faults, tasks and delays.
 *
 * @param most replays at most
 * @see Zeller, Hildebrandt, Simplifying and Isolating Failure-Inducing Input, 2002; MacIver, Donaldson, Test-Case Reduction via Test-Case
 * Generation, 2020, for shrinking what was drawn instead of what was made of it
 */
export async function shrink(
  decisions: readonly Decision[],
  stillFails: StillFails,
  most: number,
): Promise<{ readonly decisions: readonly Decision[]; readonly replays: number }> {
  let best = decisions;
  let replays = 0;
  const tried = new Set<string>();
  const keep = async (candidate: readonly Decision[]): Promise<boolean> => {
    const key = JSON.stringify(candidate);
    if (replays >= most || tried.has(key)) return false;
    tried.add(key);
    replays += 1;
    const drawn = await stillFails(candidate);
    if (!drawn || !isSmaller(drawn, best)) return false;
    best = drawn;
    return true;
  };
  for (let before = -1; before !== weight(best) && replays < most; ) {
    before = weight(best);
    for (const label of labelsOf(best)) await keep(best.filter(([own]) => own !== label));
    await leaveOut();
    await lower();
  }
  return { decisions: best, replays };

  async function leaveOut(): Promise<void> {
    for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
      for (let from = 0; from < best.length && replays < most; ) {
        const without = [...best.slice(0, from), ...best.slice(from + size)];
        if (!(await keep(without))) from += size;
      }
    }
  }

  async function lower(): Promise<void> {
    for (let place = 0; place < best.length; place++) {
      const at = (value: number): Decision[] =>
        best.map((one, i): Decision => (i === place ? [one[0], one[1], value] : one));
      let low = 0; // holds no longer
      while (place < best.length && best[place]![2] - low > 1 && replays < most) {
        const label = best[place]![0];
        const half = low + Math.floor((best[place]![2] - low) / 2);
        if (!(await keep(at(half)))) low = half;
        else if (best[place]?.[0] !== label) break;
      }
    }
  }
}

const weight = (decisions: readonly Decision[]): number =>
  decisions.reduce((sum, [, , value]) => sum + 1 + Math.log2(1 + value), 0);

const isSmaller = (a: readonly Decision[], b: readonly Decision[]): boolean =>
  a.length < b.length || (a.length === b.length && weight(a) < weight(b));

/** The commonest first: one replay may do away with half of all. */
function labelsOf(decisions: readonly Decision[]): string[] {
  const counts = new Map<string, number>();
  for (const [label] of decisions) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a).map(([label]) => label);
}
