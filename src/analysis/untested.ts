import { err } from "#src/kernel/result";
import type { Omnibus } from "./analysis.ts";
import type { Tested } from "./compare.ts";
import { noEstimate } from "./quantity.ts";

/** Comparisons of which only the difference is reported, with the reason. */
export const toldOnly = (tested: readonly Tested[], reason: string | undefined): readonly Tested[] =>
  reason === undefined ? tested : tested.map((one) => withoutTest(one, reason));

function withoutTest(tested: Tested, reason: string): Tested {
  const { check: _, equivalence: __, pairing: ___, same: ____, pIsBound: _____, ...told } = tested;
  return {
    ...told,
    test: "none",
    why: reason,
    difference: { value: tested.difference.value, interval: err(reason) },
    intervalAt: () => err(reason),
    p: err(reason),
    effect: { name: tested.effect.name, ...noEstimate(reason) },
    detectable: () => err(reason),
    verdict: "not tested",
  };
}

/** No test over all conditions either. */
export const omnibusToldOnly = (omnibus: readonly Omnibus[], reason: string | undefined): readonly Omnibus[] =>
  reason === undefined ? omnibus : [];
