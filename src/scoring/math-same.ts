import { constantOf, sameValue } from "./math-compare.ts";
import { type MathNode, numberNode, product } from "./math-tree.ts";
import type { MathValue } from "./math-value.ts";

const hundredth = numberNode(0.01);
const radians: MathNode = { kind: "name", name: "degree" };

/** Whether two answers are the same; nothing where that cannot be decided, because they are too large. */
export function sameMath(a: MathValue, b: MathValue): boolean | undefined {
  if (a.kind === "words" || b.kind === "words")
    return a.kind === b.kind && (a as typeof b & { words: string }).words === (b as { words: string }).words;
  if (a.kind === "scalar" && b.kind === "scalar") return sameScalar(a, b);
  if (a.kind === "scalar" || b.kind === "scalar" || a.kind !== b.kind) return false;
  if (a.marks !== b.marks || (a.kind === "ordered" && a.items.length !== b.items.length)) return false;
  if (a.kind === "ordered") return all(a.items.map((each, i) => sameMath(each, b.items[i]!)));
  return all([
    ...a.items.map((each) => any(b.items.map((other) => sameMath(each, other)))),
    ...b.items.map((each) => any(a.items.map((other) => sameMath(each, other)))),
  ]);
}

type Told = boolean | undefined;
const all = (told: readonly Told[]): Told =>
  told.includes(false) ? false : told.includes(undefined) ? undefined : true;
const any = (told: readonly Told[]): Told =>
  told.includes(true) ? true : told.includes(undefined) ? undefined : false;

type Scalar = Extract<MathValue, { kind: "scalar" }>;

function sameScalar(a: Scalar, b: Scalar): Told {
  if (a.unit !== "" && b.unit !== "" && areDifferentUnits(a.unit, b.unit)) return false;
  if (a.percent !== b.percent) {
    const [share, bare] = a.percent ? [a.node, b.node] : [b.node, a.node];
    const asNumber = sameValue(product(share, hundredth), bare);
    // a bare 50 may well mean 50 %, a bare 0.5 is a half
    return Math.abs(constantOf(share)) > 1 ? any([asNumber, sameValue(share, bare)]) : asNumber;
  }
  const same = sameValue(a.node, b.node);
  if (a.degrees === b.degrees || same) return same;
  const [angle, bare] = a.degrees ? [a.node, b.node] : [b.node, a.node];
  return sameValue(product(angle, radians), bare);
}

const units: readonly (readonly string[])[] = [
  ["mm", "millimeter", "millimetre"],
  ["cm", "centimeter", "centimetre"],
  ["m", "meter", "metre"],
  ["km", "kilometer", "kilometre"],
  ["in", "inch", "inche"],
  ["ft", "foot", "feet"],
  ["yd", "yard"],
  ["mi", "mile"],
  ["g", "gram"],
  ["kg", "kilogram"],
  ["lb", "pound"],
  ["s", "sec", "second"],
  ["min", "minute"],
  ["h", "hr", "hour"],
  ["day"],
  ["week"],
  ["year"],
  ["dollar"],
  ["cent"],
];
const unitOf = (unit: string): number => {
  const bare = unit.replace(/[^a-z]/g, "");
  const found = units.findIndex((names) => names.includes(bare));
  return found >= 0 ? found : units.findIndex((names) => names.includes(bare.replace(/s$/, "")));
};
/** Units of the table that are not the same; one that is not in it says nothing. */
const areDifferentUnits = (a: string, b: string): boolean =>
  unitOf(a) >= 0 && unitOf(b) >= 0 && unitOf(a) !== unitOf(b);
