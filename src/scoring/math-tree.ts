import type { MathToken } from "./math-tokens.ts";

/** An expression as a tree. Numbers are kept as they were written. */
export type MathNode =
  | { readonly kind: "number"; readonly digits: string }
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "sum" | "product" | "quotient" | "power"; readonly left: MathNode; readonly right: MathNode }
  | { readonly kind: "function"; readonly name: string; readonly of: MathNode; readonly base?: MathNode };

/** Brackets within brackets that are read. */
export const MOST_DEPTH = 60;
export const functions: ReadonlySet<string> = new Set(
  "sin cos tan cot sec csc asin acos atan ln log exp sqrt".split(" "),
);
const constants: ReadonlySet<string> = new Set([
  "pi",
  "infty",
  "circ",
  "theta",
  "alpha",
  "beta",
  "gamma",
  "lambda",
  "mu",
  "phi",
  "omega",
]);

export const product = (left: MathNode, right: MathNode): MathNode => ({ kind: "product", left, right });
export const numberNode = (value: number): MathNode => ({ kind: "number", digits: String(value) });
const negative = (of: MathNode): MathNode => product(numberNode(-1), of);

class Unreadable extends Error {}

/**
 * Reads tokens as one expression: sums, products (written or not), quotients, powers, roots, fractions, mixed numbers, functions, factorials,
 * absolute values.
 *
 * @returns nothing for tokens that are not an expression
 */
export function readExpression(given: readonly MathToken[]): MathNode | undefined {
  const tokens = [...given];
  let at = 0;
  let depth = 0;
  const peek = (): string | undefined => tokens[at]?.text;
  const take = (text: string): boolean => {
    if (tokens[at]?.text !== text || tokens[at]?.kind === "words") return false;
    at += 1;
    return true;
  };
  const fail = (): never => {
    throw new Unreadable();
  };
  const deeper = <T>(read: () => T): T => {
    if (++depth > MOST_DEPTH) fail();
    const made = read();
    depth -= 1;
    return made;
  };

  function sum(): MathNode {
    let node = signed(term);
    for (;;) {
      if (take("+")) node = { kind: "sum", left: node, right: signed(term) };
      else if (take("-")) node = { kind: "sum", left: node, right: negative(signed(term)) };
      else return node;
    }
  }
  function signed(read: () => MathNode): MathNode {
    let minus = false;
    for (;;) {
      if (take("-")) minus = !minus;
      else if (!take("+")) break;
    }
    return minus ? negative(read()) : read();
  }
  function term(): MathNode {
    let node = power();
    for (;;) {
      if (take("*")) node = product(node, signed(power));
      else if (take("/") || take(":")) node = { kind: "quotient", left: node, right: signed(power) };
      else if (startsFactor()) node = mixed(node) ?? product(node, power());
      else return node;
    }
  }
  /** `1\frac12` and `1 1/2` are one and a half; two numbers side by side are nothing. */
  function mixed(node: MathNode): MathNode | undefined {
    const whole = node.kind === "number" && /^\d+$/.test(node.digits) && tokens[at - 1]?.kind === "number";
    if (whole && tokens[at]?.text === "frac" && tokens[at + 1]) {
      const part = power();
      const isPart = part.kind === "quotient" && part.left.kind === "number" && part.right.kind === "number";
      return isPart ? { kind: "sum", left: node, right: part } : product(node, part);
    }
    if (tokens[at]?.kind !== "number") return undefined;
    const [top, slash, below] = tokens.slice(at, at + 3);
    if (!whole || !top?.spaced || slash?.text !== "/" || below?.kind !== "number") return fail();
    at += 3;
    return {
      kind: "sum",
      left: node,
      right: {
        kind: "quotient",
        left: { kind: "number", digits: top.text },
        right: { kind: "number", digits: below.text },
      },
    };
  }
  function startsFactor(): boolean {
    const token = tokens[at];
    if (!token || token.kind === "words") return false;
    return token.kind !== "mark" || token.text === "(" || token.text === "{" || token.text === "[";
  }
  function power(): MathNode {
    let node = atom();
    for (;;) {
      if (take("!")) node = { kind: "function", name: "factorial", of: node };
      else if (peek() === "^" && isDegree(at + 1)) {
        at += tokens[at + 1]?.text === "{" ? 4 : 2;
        node = product(node, { kind: "name", name: "degree" });
      } else if (take("^")) {
        const exponent = deeper(() => (peek() === "{" ? group("{", "}") : signed(power)));
        return { kind: "power", left: node, right: exponent };
      } else return node;
    }
  }
  const isDegree = (from: number): boolean =>
    tokens[from]?.text === "circ" || (tokens[from]?.text === "{" && tokens[from + 1]?.text === "circ");
  function group(open: string, close: string): MathNode {
    if (!take(open)) fail();
    const node = deeper(sum);
    return take(close) ? node : fail();
  }
  /** One argument: a group, a digit, a name. */
  function argument(oneDigit: boolean): MathNode {
    if (peek() === "{") return group("{", "}");
    const token = tokens[at];
    if (oneDigit && token?.kind === "number" && /^\d\d+$/.test(token.text)) {
      tokens[at] = { ...token, text: token.text.slice(1), spaced: false };
      return { kind: "number", digits: token.text[0]! };
    }
    return deeper(atom);
  }
  function atom(): MathNode {
    const token = tokens[at];
    if (!token || token.kind === "words") return fail();
    if (token.kind === "number") {
      at += 1;
      if (peek() === "_") return indexed(token.text); // 101_2: digits in another base, equal to nothing but themselves
      return repeating(token.text) ?? { kind: "number", digits: token.text };
    }
    if (token.kind === "mark") {
      if (token.text === "(" || token.text === "[") return group(token.text, token.text === "(" ? ")" : "]");
      if (token.text === "{") return group("{", "}");
      if (!take("|")) return fail();
      const of = deeper(sum);
      return take("|") ? { kind: "function", name: "abs", of } : fail();
    }
    at += 1;
    return named(token.text);
  }
  /** `0.1\overline{6}` is a sixth. */
  function repeating(digits: string): MathNode | undefined {
    const [over, open, run, close] = tokens.slice(at, at + 4);
    if (over?.text !== "overline" || open?.text !== "{" || run?.kind !== "number" || close?.text !== "}")
      return undefined;
    if (!digits.includes(".") || !/^\d{1,15}$/.test(run.text)) return fail();
    at += 4;
    const places = digits.length - digits.indexOf(".") - 1;
    const below = `${"9".repeat(run.text.length)}${"0".repeat(places)}`;
    return {
      kind: "sum",
      left: { kind: "number", digits: digits.replace(/\.$/, "") },
      right: { kind: "quotient", left: { kind: "number", digits: run.text }, right: { kind: "number", digits: below } },
    };
  }
  function named(name: string): MathNode {
    if (name === "frac") return { kind: "quotient", left: argument(true), right: argument(true) };
    if (name === "binom") return { kind: "function", name: "binom", of: argument(true), base: argument(true) };
    if (name === "sqrt") {
      const root = peek() === "[" ? group("[", "]") : undefined;
      const of = peek() === "(" ? group("(", ")") : argument(false);
      return root
        ? { kind: "power", left: of, right: { kind: "quotient", left: numberNode(1), right: root } }
        : { kind: "function", name, of };
    }
    if (functions.has(name)) {
      const base = take("_") ? argument(true) : undefined;
      const raised = take("^") ? argument(true) : undefined;
      const of = peek() === "(" || peek() === "{" ? deeper(power) : deeper(functionArgument);
      const made: MathNode = { kind: "function", name, of, ...(base ? { base } : {}) };
      return raised ? { kind: "power", left: made, right: raised } : made;
    }
    if (name.length > 1 && !constants.has(name)) return fail();
    return indexed(name);
  }
  /** `x_1`, `x_{12}`: a name of its own. */
  function indexed(name: string): MathNode {
    if (!take("_")) return { kind: "name", name };
    const index = take("{") ? tokens[at++]?.text : tokens[at++]?.text;
    if (tokens[at]?.text === "}" && tokens[at - 2]?.text === "{") at += 1;
    return index === undefined ? fail() : { kind: "name", name: `${name}_${index}` };
  }
  /** What `\sin 2x` is the sine of: factors side by side. */
  function functionArgument(): MathNode {
    let node = signed(power);
    while (startsFactor() && !functions.has(peek()!)) node = product(node, power());
    return node;
  }

  try {
    const node = sum();
    return at === tokens.length ? node : undefined;
  } catch (thrown) {
    if (thrown instanceof Unreadable) return undefined;
    throw thrown;
  }
}
