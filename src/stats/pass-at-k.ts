import { invariant } from "#src/kernel/errors";
import { collect, err, mapOk, ok, type Result } from "#src/kernel/result";

/** Of `n` answers to one item, `passed` were right. */
export interface Answers {
  readonly n: number;
  readonly passed: number;
}

function check({ n, passed }: Answers, k: number): void {
  invariant(Number.isInteger(k) && k >= 1, `k must be a positive whole number, got ${k}`);
  invariant(
    Number.isInteger(n) && Number.isInteger(passed) && passed >= 0 && passed <= n,
    `passed must be from 0 to n, got ${passed} of ${n}`,
  );
}

/**
 * pass@k: the chance that at least one of k answers is right, without bias.
 *
 * @returns 1 - C(n - passed, k) / C(n, k), in [0, 1]; `too-few` if n < k
 * @see Chen et al., "Evaluating Large Language Models Trained on Code", arXiv 2107.03374 (2021), formula 1
 * @example passAtK({ n: 4, passed: 1 }, 2) // => { ok: true, value: 0.5 }
 */
export function passAtK(answers: Answers, k: number): Result<number, "too-few"> {
  check(answers, k);
  const { n, passed } = answers;
  if (n < k) return err("too-few");
  if (n - passed < k) return ok(1);
  let logMiss = 0; // by logarithms, so that tiny chances keep their digits
  for (let i = n - passed + 1; i <= n; i++) logMiss += Math.log1p(-k / i);
  return ok(0 - Math.expm1(logMiss));
}

/**
 * pass^k: the chance that all k answers are right, without bias.
 *
 * @returns C(passed, k) / C(n, k), in [0, 1]; `too-few` if n < k
 * @see Yao et al., "tau-bench", arXiv 2406.12045 (2024), section 3
 * @example passHatK({ n: 4, passed: 3 }, 2) // => { ok: true, value: 0.5 }
 */
export function passHatK(answers: Answers, k: number): Result<number, "too-few"> {
  check(answers, k);
  const { n, passed } = answers;
  if (n < k) return err("too-few");
  if (passed < k) return ok(0);
  let product = 1;
  for (let i = 0; i < k; i++) product *= (passed - i) / (n - i);
  return ok(product);
}

/**
 * The mean of pass@k or pass^k over items.
 *
 * @returns `too-few` without items, or if one has fewer than k answers
 * @example meanOverItems([{ n: 2, passed: 1 }, { n: 2, passed: 2 }], 1, passAtK) // => { ok: true, value: 0.75 }
 */
export function meanOverItems(
  items: readonly Answers[],
  k: number,
  estimate: typeof passAtK,
): Result<number, "too-few"> {
  if (items.length === 0) return err("too-few");
  return mapOk(
    collect(items.map((item) => estimate(item, k))),
    (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  );
}
