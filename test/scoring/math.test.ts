import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { math, type Score } from "#src/scoring/index";
import { TaskState } from "#src/solver/index";
import { expectLinear, repeated } from "../support.ts";

const grade = async (content: string, ...target: string[]): Promise<Score> =>
  math()(TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] }), target);
const value = async (answer: string, target: string) => (await grade(`so \\boxed{${answer}}.`, target)).value;

describe("math", () => {
  // what the normalisation of Hendrycks et al. 2021 (is_equiv) makes equal
  it.each([
    ["\\frac12", "\\frac{1}{2}"],
    ["\\dfrac{3}{4}", "\\tfrac{3}{4}"],
    ["\\frac1{72}", "\\frac{1}{72}"],
    ["0.5", "\\frac{1}{2}"],
    [".5", "0.5"],
    ["1/2", "\\frac12"],
    ["\\sqrt3", "\\sqrt{3}"],
    ["x=5", "5"],
    ["90^\\circ", "90"],
    ["\\$18", "18"],
    ["5\\text{ cm}", "5"],
    ["50\\%", "50"],
    ["\\left( 1,2 \\right)", "(1,2)"],
  ])("takes %s for %s, as is_equiv does", async (answer, target) => {
    expect(await value(answer, target)).toBe("C");
    expect(await value(target, answer)).toBe("C");
  });

  // what it compares as text, and mathematics does not
  it.each([
    ["2x+3", "3+2x"],
    ["x^2-1", "(x-1)(x+1)"],
    ["\\frac{x^2-1}{x-1}", "x+1"],
    ["\\sqrt{8}", "2\\sqrt{2}"],
    ["\\frac{\\sqrt3}{3}", "\\frac{1}{\\sqrt{3}}"],
    ["3\\sqrt{x}", "3x^{1/2}"],
    ["\\sin^2 x+\\cos^2 x", "1"],
    ["2^{10}", "1024"],
    ["2^{64}", "18446744073709551616"],
    ["10!", "3628800"],
    ["\\log_2 8", "3"],
    ["\\sqrt[3]{27}", "3"],
    ["\\binom{5}{2}", "10"],
    ["6 \\cdot 10^{5}", "600,000"],
    ["1{,}000", "1e3"],
    ["50\\%", "0.5"],
    ["25 percent", "25\\%"],
    ["90^{\\circ}", "\\frac{\\pi}{2}"],
    ["100 degrees", "100°"],
    ["\\tan 45^\\circ", "1"],
    ["2\\sin 30°", "1"],
    ["\\cos(60^{\\circ})", "\\frac12"],
    ["\\text{18}", "18"],
    ["18 dollars", "18"],
    ["1\\frac{1}{2}", "1.5"],
    ["1 1/2", "\\frac32"],
    ["2½", "2.5"],
    ["10²", "100"],
    ["0.1\\overline{6}", "1/6"],
    ["\\{1,2\\}", "\\{2,1\\}"],
    ["1, -2", "-2,1"],
    ["x=1 \\text{ or } x=2", "1,2"],
    ["2\\pm\\sqrt{3}", "2+\\sqrt3, 2-\\sqrt3"],
    ["(-\\infty,2)\\cup(3,\\infty)", "(3,\\infty) \\cup (-\\infty, 2)"],
    ["x \\ge 3", "3 \\le x"],
    ["3+4i", "4i+3"],
    ["101_2", "101_{2}"],
    ["a_1+b_{12}", "b_{12}+a_1"],
    ["\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}", "\\begin{pmatrix}1\\\\2\\end{pmatrix}"],
    ["4:6", "2:3"],
    ["\\text{even}", "Even"],
    ["\\text{(C)}", "C"],
    ["no solution", "\\text{no solution}"],
  ])("takes %s for %s", async (answer, target) => {
    expect(await value(answer, target)).toBe("C");
    expect(await value(target, answer)).toBe("C");
  });

  it.each([
    ["1/3", "0.333"],
    ["\\sqrt2", "1.414"],
    ["\\pi", "3.14159265"],
    ["2^{64}", "18446744073709551615"],
    ["-5", "5"],
    ["11/2", "1.5"],
    ["0.5\\%", "0.5"],
    ["(1,2)", "(2,1)"],
    ["[0,1)", "[0,1]"],
    ["(0,1]", "(0,1)"],
    ["1,2", "1"],
    ["\\{1,2,3\\}", "\\{1,2\\}"],
    ["5\\text{ cm}", "5\\text{ m}"],
    ["x^2-1", "(x-1)^2"],
    ["x \\ge 3", "x > 3"],
    ["\\begin{pmatrix} 1 & 2 \\end{pmatrix}", "\\begin{pmatrix}2&1\\end{pmatrix}"],
    ["101_2", "101"],
    ["101_2", "101_3"],
    ["East", "Seat"],
    ["no", "on"],
    ["9^{9^{9^9}}", "1"],
    ["\\frac{1}{0}", "5"],
  ])("does not take %s for %s", async (answer, target) => {
    expect(await value(answer, target)).toBe("I");
    expect(await value(target, answer)).not.toBe("C");
  });

  it.each([
    ["\\boxed{1} rather \\boxed{2}", "2"],
    ["so \\boxed 5$", "5"],
    ["\\boxed{3} ANSWER: 4", "3"],
    ["I take 7.\nANSWER: $\\frac12$\nbye", "0.5"],
    ["**ANSWER: 7**", "7"],
    ["with $x = 1$ the answer is $5$.", "5"],
    ["thus \\(3/4\\), done", "0.75"],
    ["It costs \\$5, thus 7.", "7"],
    ["It is 1,234.", "1234"],
  ])("finds the answer of %j", async (reply, target) => expect((await grade(reply, target)).value).toBe("C"));

  it.each([
    ["\\frac{1}{2}", "0.5"],
    ["\\frac12", "0.5"],
    ["We add.\n\n\\dfrac{\\pi}{2}.", "\\pi/2"],
    ["x = \\sqrt2", "\\sqrt{2}"],
    ["3 + 4 = 7", "7"],
    ["(3, 4)", "(3,4)"],
    ["1, 2", "2,1"],
    ["x^2-1", "(x-1)(x+1)"],
    ["1 or 2", "2,1"],
    ["x = 1 or x = 2", "1,2"],
    ["f(1, 2) = 3", "3"],
    ["- 5", "5"],
    ["The answer is \\frac12", "0.5"],
    ["It is 1.5 × 10^3.", "1500"],
    ["so ½", "0.5"],
    ["they pay 20%", "0.2"],
    ["答案是３.", "3"],
  ])("reads all of %j", async (reply, target) => expect((await grade(reply, target)).value).toBe("C"));

  it.each([
    ["\\frac{1}{2}", "2"],
    ["x^2", "2"],
    ["2\\sqrt{3}", "3"],
    ["(3, 4)", "4"],
    ["1, 2", "2"],
    ["1 or 2", "2"],
    ["x = 1, x = 2", "2"],
    ["x = 1 or x = 2", "2"],
    ["It is \\sqrt2", "2"],
    ["It is 3,14", "14"],
    ["It is (3, 4).", "4"],
    ["about 10^3", "3"],
    ["The square is x^2", "2"],
    ["3.14.15", "15"],
  ])("never grades a part: %j is not %j", async (reply, target) =>
    expect((await grade(reply, target)).value).not.toBe("C"),
  );

  it("is N for a reply without an answer that can be read, and unscored for such a target", async () => {
    for (const reply of [
      "",
      "no idea",
      "\\boxed{}",
      "\\boxed{\\frac{1}{2}",
      "\\boxed{1} no \\boxed{2",
      "\\boxed{???}",
      "\\boxed{\\frac{}",
    ])
      expect((await grade(reply, "5")).value, reply).toBe("N");
    expect(await grade("5", "\\frac{")).toMatchObject({
      value: null,
      unscored: 'the target "\\\\frac{" cannot be read as mathematics',
    });
    expect(await grade("\\boxed{9^{9^{9^9}}}", "9^{9^{9^8}}")).toMatchObject({
      value: null,
      unscored: expect.stringContaining("cannot be decided"),
    });
  });

  it("reads a target that is boxed, and any of several", async () => {
    expect((await grade("12", "\\boxed{12}")).value).toBe("C");
    expect((await grade("12", "11", "12")).value).toBe("C");
  });

  it("says of every fraction that it is itself, and not another", async () => {
    const whole = fc.integer({ min: -999, max: 999 });
    const below = fc.integer({ min: 1, max: 999 });
    await fc.assert(
      fc.asyncProperty(whole, below, whole, below, async (a, b, c, d) => {
        expect(await value(`\\frac{${a}}{${b}}`, `${a}/${b}`)).toBe("C");
        expect(await value(`\\frac{${a}}{${b}}`, `${c}/${d}`)).toBe(a * d === c * b ? "C" : "I");
        expect(await value(`${a}x+${b}`, `${b}+${a} x`)).toBe("C");
      }),
      { numRuns: 60 },
    );
  });

  it.each<[what: string, text: (length: number) => string]>([
    ["powers of powers", () => "9^9^9^9"],
    ["a power", () => "x^{99999999}"],
    ["a factorial", () => "99999999999!"],
    ["a power of a sum", () => "(x+1)^{100000}"],
    ["parentheses", repeated("(")],
    ["nested powers", (length) => `${"9^{".repeat(length / 4)}9${"}".repeat(length / 4)}`],
    ["fractions", repeated("\\frac")],
    ["dollars", repeated("$")],
    ["boxes", repeated("\\boxed{")],
    ["spaces after ANSWER", (length) => `ANSWER:${" ".repeat(length)}`],
    ["digits", repeated("1")],
    ["nested parentheses", (length) => `${"(".repeat(length / 200)}1${")".repeat(length / 200)}`],
    ["signs", (length) => `${"-".repeat(length / 100)}1`],
    ["signs of either kind", (length) => "\\pm".repeat(length / 300)],
    ["a list", (length) => `${"1,".repeat(length / 200)}1`],
    ["open powers", (length) => "2^".repeat(length / 250)],
    ["bars", (length) => "|".repeat(length / 110)],
  ])("takes time in proportion to the length of what is hostile: %s", async (_, text) => {
    for (const reply of [
      text,
      (length: number) => `\\boxed{${text(length)}}`,
      (length: number) => `ANSWER: ${text(length)}`,
    ]) {
      expect((await grade(reply(100_000), "5")).value).not.toBe("C");
      await expectLinear((said) => grade(said, "5"), reply, 100_000);
    }
    await expectLinear((target) => grade("5", target), text, 100_000);
  });
});
