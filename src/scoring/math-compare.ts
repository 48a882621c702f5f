import { stream } from "#src/kernel/random";
import { decimal, power, product, quotient, type Rational, total } from "#src/text/rational";
import type { MathNode } from "./math-tree.ts";

/** Beyond, exact arithmetic would take long. */
const MOST = 10n ** 1000n;
/** Relative difference of two expressions that rounding may leave; random points tell different ones apart by far more. */
const ROUNDING = 1e-10;
const POINTS = 4;

/**
 * Whether two expressions are equal: exactly where both are fractions of whole numbers; else at random points, where different
 * polynomials agree with probability 0 but for rounding.
 *
 * @returns nothing where both are too large, or nowhere defined
 * @see Schwartz, "Fast Probabilistic Algorithms for Verification of Polynomial Identities", JACM 27 (1980)
 */
export function sameValue(a: MathNode, b: MathNode): boolean | undefined {
  const [x, y] = [exact(a), exact(b)];
  if (x && y) return x.over === y.over && x.under === y.under;
  const [left, right] = [signOfInfinity(a), signOfInfinity(b)];
  if (left !== undefined || right !== undefined) return left === right;
  let seen = false;
  for (let point = 0; point < POINTS; point++) {
    const values = new Map<string, number>();
    const at = (name: string): number => {
      const known = values.get(name) ?? 0.6 + 1.7 * stream(point, name)();
      values.set(name, known);
      return known;
    };
    const [u, v] = [numeric(a, at), numeric(b, at)];
    if (Number.isFinite(u) !== Number.isFinite(v)) return values.size === 0 ? false : undefined;
    if (!Number.isFinite(u)) continue;
    if (Math.abs(u - v) > ROUNDING * Math.max(Math.abs(u), Math.abs(v), 1e-3)) return false;
    seen = true;
  }
  return seen ? true : undefined;
}

function signOfInfinity(node: MathNode): number | undefined {
  if (node.kind === "name" && node.name === "infty") return 1;
  const isNegated = node.kind === "product" && node.left.kind === "number" && node.left.digits === "-1";
  const inner = isNegated ? signOfInfinity(node.right) : undefined;
  return inner === undefined ? undefined : -inner;
}

/** The number of an expression without variables; NaN where it has some, or none. */
export const constantOf = (node: MathNode): number => numeric(node, () => Number.NaN);

function exact(node: MathNode): Rational | undefined {
  switch (node.kind) {
    case "number":
      return decimal(node.digits);
    case "name":
      return undefined;
    case "function":
      return node.name === "factorial" ? factorial(exact(node.of)) : undefined;
    default: {
      const [left, right] = [exact(node.left), exact(node.right)];
      const made = left && right && combined(node.kind, left, right);
      return made && made.over < MOST && made.over > -MOST && made.under < MOST ? made : undefined;
    }
  }
}

function combined(kind: "sum" | "product" | "quotient" | "power", a: Rational, b: Rational): Rational | undefined {
  switch (kind) {
    case "sum":
      return total(a, b);
    case "product":
      return product(a, b);
    case "quotient":
      return quotient(a, b);
    case "power":
      return b.under !== 1n || (a.over === 0n && b.over === 0n) ? undefined : power(a, Number(b.over));
  }
}

function factorial(of: Rational | undefined): Rational | undefined {
  if (of?.under !== 1n || of.over < 0n || of.over > 300n) return undefined;
  let made = 1n;
  for (let i = 2n; i <= of.over; i++) made *= i;
  return { over: made, under: 1n };
}

const ofOne: Readonly<Record<string, (x: number) => number>> = {
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  ln: Math.log,
  exp: Math.exp,
  sqrt: Math.sqrt,
  abs: Math.abs,
  cot: (x) => 1 / Math.tan(x),
  sec: (x) => 1 / Math.cos(x),
  csc: (x) => 1 / Math.sin(x),
};
const fixed: Readonly<Record<string, number>> = {
  pi: Math.PI,
  e: Math.E,
  degree: Math.PI / 180,
  infty: Number.POSITIVE_INFINITY,
};

function numeric(node: MathNode, at: (name: string) => number): number {
  switch (node.kind) {
    case "number":
      return Number(node.digits);
    case "name":
      return Object.hasOwn(fixed, node.name) ? fixed[node.name]! : at(node.name);
    case "function":
      return applied(node.name, numeric(node.of, at), node.base && numeric(node.base, at));
  }
  const [left, right] = [numeric(node.left, at), numeric(node.right, at)];
  switch (node.kind) {
    case "sum":
      return left + right;
    case "product":
      return left * right;
    case "quotient":
      return left / right;
    case "power":
      return raised(left, right, node.right);
  }
}

function applied(name: string, x: number, base: number | undefined): number {
  if (name === "log") return base === undefined ? Math.log10(x) : Math.log(x) / Math.log(base);
  if (name === "factorial") return Number.isInteger(x) && x >= 0 && x <= 170 ? consecutive(1, x) : Number.NaN;
  if (name === "binom") {
    const k = base ?? Number.NaN;
    if (!Number.isInteger(x) || !Number.isInteger(k) || k < 0 || k > x || x > 170) return Number.NaN;
    return consecutive(x - k + 1, x) / consecutive(1, k);
  }
  return ofOne[name]!(x);
}

const consecutive = (from: number, to: number): number => {
  let made = 1;
  for (let i = from; i <= to; i++) made *= i;
  return made;
};

/** Odd roots of negative numbers are real. */
function raised(base: number, exponent: number, { kind, ...parts }: MathNode): number {
  if (base >= 0 || kind !== "quotient" || !("left" in parts)) return base ** exponent;
  const { left, right } = parts;
  if (left.kind !== "number" || right.kind !== "number" || Number(right.digits) % 2 !== 1) return base ** exponent;
  const size = (-base) ** exponent;
  return Number(left.digits) % 2 === 0 ? size : -size;
}
