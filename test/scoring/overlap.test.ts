import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bleuOf, bleuReferences, tokensOf } from "#src/scoring/bleu";
import { bleu, levenshtein, rouge, type Score, type Scorer } from "#src/scoring/index";
import { rougeOf, wordsOf } from "#src/scoring/rouge";
import { commonSubsequence, gramsOf, sharedGrams } from "#src/scoring/words";
import { TaskState } from "#src/solver/index";

const replied = (content: string): TaskState =>
  TaskState.from({ id: "q", input: "?" }).setOutput({ content, finishReason: "stop", toolCalls: [] });
const grade = async (scorer: Scorer, reply: string, ...target: string[]): Promise<Score> =>
  scorer(replied(reply), target);
const value = async (scorer: Scorer, reply: string, ...target: string[]) =>
  (await grade(scorer, reply, ...target)).value;
const words = (text: string): string[] => text.split(" ");

describe("levenshtein", () => {
  it.each([
    ["kitten", "sitting", 3],
    ["saturday", "sunday", 3],
    ["flaw", "lawn", 2],
    ["abc", "abc", 0],
    ["😀b", "😁b", 1],
    ["naïve", "nai\u0308ve", 0],
  ])("%s to %s takes %i edits", async (a, b, edits) => {
    expect(await value(levenshtein({ maxDistance: edits }), a, b)).toBe("C");
    if (edits > 0) expect(await value(levenshtein({ maxDistance: edits - 1 }), a, b)).toBe("I");
  });

  it("is 1 - edits / longer text; the best of several targets; from a threshold on it is right", async () => {
    expect(await value(levenshtein(), "kitten", "sitting")).toBeCloseTo(4 / 7, 12);
    expect(await value(levenshtein(), " kitten\n", "sitting", "kitten")).toBe(1);
    expect(await value(levenshtein({ threshold: 0.57 }), "kitten", "sitting")).toBe("C");
    expect(await value(levenshtein({ threshold: 0.58 }), "kitten", "sitting")).toBe("I");
    expect(await value(levenshtein({ ignoreCase: true }), "KITTEN", "kitten")).toBe(1);
  });

  it("is N for a blank reply, unscored for what is too long, and refuses a threshold that counts edits", async () => {
    expect(await value(levenshtein({ maxDistance: 9 }), " ", "abc")).toBe("N");
    expect(await grade(levenshtein(), "a".repeat(100_000), "b".repeat(100_000))).toMatchObject({
      value: null,
      unscored: "a reply of 100000 parts and a target of 100000 are too long to be compared part by part",
    });
    expect(() => levenshtein({ threshold: 5 })).toThrow("levenshtein.threshold must be at most 1, got 5");
    expect(() => levenshtein({ threshold: 0.5, maxDistance: 5 })).toThrow("either threshold or maxDistance");
  });
});

describe("rouge", () => {
  // Lin 2004, section 3: police killed the gunman
  it.each([
    ["police kill the gunman", 0.75],
    ["the gunman kill police", 0.5],
    ["the gunman police killed", 0.5],
  ])("L of %s is %d, as in Lin's paper", (reply, f) => {
    expect(rougeOf(words(reply), words("police killed the gunman"), "L").f).toBeCloseTo(f, 12);
  });

  // the tests of Google's rouge_score
  it("1: target `testing one two`, prediction `testing`: precision 1, recall 1/3, F 1/2", () => {
    expect(rougeOf(wordsOf("testing"), wordsOf("testing one two"), 1)).toEqual({ precision: 1, recall: 1 / 3, f: 0.5 });
  });
  it("2: target `testing one two`, prediction `testing one`: F 2/3", () => {
    expect(rougeOf(wordsOf("testing one"), wordsOf("testing one two"), 2).f).toBeCloseTo(2 / 3, 12);
  });

  it("counts a word as often as both have it, and ignores case and marks", async () => {
    expect(await value(rouge({ n: 1, measure: "precision" }), "The the, THE!", "the cat")).toBeCloseTo(1 / 3, 12);
    expect(await value(rouge(), "Police-kill the GUNMAN.", "police killed the gunman", "something else")).toBe(0.75);
    expect(await value(rouge({ n: 2 }), "one", "one two")).toBe(0);
  });

  it("is N without a word in the reply, unscored without one in the target", async () => {
    expect(await value(rouge({ threshold: 0.1 }), "...", "a b")).toBe("N");
    expect(await grade(rouge(), "a b", "東京")).toMatchObject({
      value: null,
      unscored: "the target has no word of ASCII letters or digits",
    });
  });

  it("finds the longest common subsequence that the table of all pairs finds", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 80 });
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(commonSubsequence(a, b)).toBe(slowly(a, b));
      }),
    );
  });
});

function slowly(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const next = [0];
    for (const [j, other] of b.entries()) next.push(word === other ? row[j]! + 1 : Math.max(row[j + 1]!, next[j]!));
    row = next;
  }
  return row.at(-1)!;
}

describe("bleu", () => {
  const all = { n: 4, smoothing: "none" } as const;
  // Papineni et al. 2002, example 1; the score is that of NLTK's documentation of sentence_bleu
  const references = [
    "It is a guide to action that ensures that the military will forever nextStopStep Party commands",
    "It is the guiding principle which guarantees the military forces always being under the command of the Party",
    "It is the practical guide for the army always to nextStopStep the directions of the party",
  ];
  const first = "It is a guide to action which ensures that the military always obeys the commands of the party";

  it("is 0.5045666840058485 for the first example of the paper, as in NLTK's documentation", async () => {
    expect(bleuOf(words(first), bleuReferences(references.map(words), 4), all)).toBeCloseTo(0.5045666840058485, 12);
    expect(await value(bleu(), first, ...references)).toBeCloseTo(0.5045666840058485, 12);
  });

  it("clips: of seven times `the`, two count (example 2 of the paper)", () => {
    const said = words("the the the the the the the");
    const right = ["the cat is on the mat", "there is a cat on the mat"].map(words);
    expect(sharedGrams(said, gramsOf(right, 1))).toEqual([2]);
    const one = bleuOf(said, bleuReferences(right, 1), { n: 1, smoothing: "none" });
    expect(one).toBeCloseTo(2 / 7, 12);
  });

  it("takes off for a reply that is shorter than the nearest reference: exp(1 - r / c)", () => {
    expect(bleuOf(words("a b c"), bleuReferences([words("a b c d e")], 2), { n: 2, smoothing: "none" })).toBeCloseTo(
      Math.exp(1 - 5 / 3),
      12,
    );
  });

  it("halves what a missing length counts (exp), or is 0 (none); nothing shared is 0", () => {
    const [said, right] = [words("a b x c d"), bleuReferences([words("a b y c d")], 4)];
    // 4/5, 2/4, then half and a quarter of one n-gram: 1/(2*3), 1/(4*2)
    expect(bleuOf(said, right, { n: 4, smoothing: "exp" })).toBeCloseTo(
      ((4 / 5) * (2 / 4) * (1 / 6) * (1 / 8)) ** 0.25,
      12,
    );
    expect(bleuOf(said, right, all)).toBe(0);
    expect(bleuOf(words("p q"), right, { n: 4, smoothing: "exp" })).toBe(0);
  });

  it("is 1 for the reference itself, however short, and N for a blank reply", async () => {
    expect(await value(bleu(), "Yes.", "Yes.")).toBeCloseTo(1, 12);
    expect(await value(bleu({ threshold: 0.1 }), " ", "Yes.")).toBe("N");
    expect(await value(bleu({ threshold: 0.9 }), "yes.", "Yes.")).toBe("I");
    expect(await value(bleu({ threshold: 0.9, ignoreCase: true }), "yes.", "Yes.")).toBe("C");
  });

  it("counts runs of words as a table of their texts would, whatever the words", () => {
    const text = fc.array(fc.constantFrom("a", "b", "c", "d"), { maxLength: 30 });
    fc.assert(
      fc.property(
        text,
        fc.array(text, { minLength: 1, maxLength: 3 }),
        fc.integer({ min: 1, max: 5 }),
        (said, right, n) => {
          const most = (size: number): number => {
            const counts = right.map((each) => tableOf(each, size));
            return [...tableOf(said, size)].reduce(
              (sum, [gram, count]) => sum + Math.min(count, Math.max(...counts.map((each) => each.get(gram) ?? 0))),
              0,
            );
          };
          expect(sharedGrams(said, gramsOf(right, n))).toEqual(Array.from({ length: n }, (_, i) => most(i + 1)));
        },
      ),
    );
  });

  it("takes a text apart as the expressions of mteval-v13a do, and reads what stands for a mark in HTML", () => {
    const piece = fc.constantFrom(..."a 5 , . - ' ( ) é \u00a0 \n $ ! ... 1,5 x-\n ".split(" "), " ", "  ");
    const published = (text: string): string[] =>
      ` ${text.replaceAll("-\n", "").replaceAll("\n", " ")} `
        .replace(/[{-~[-` -&(-+:-@/]/g, " $& ")
        .replace(/([^0-9])([.,])/g, "$1 $2 ")
        .replace(/([.,])([^0-9])/g, " $1 $2")
        .replace(/([0-9])(-)/g, "$1 $2 ")
        .split(/\s+/)
        .filter((token) => token !== "");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        expect(tokensOf(pieces.join(""))).toEqual(published(pieces.join("")));
      }),
    );
    expect(tokensOf("Q&amp;A &lt;b&gt; &quot;x&quot;")).toEqual('Q & A < b > " x "'.split(" "));
  });

  it("splits marks as mteval-v13a does", () => {
    expect(tokensOf('He paid $3,000.50 (net), "cash" 1990-95.')).toEqual([
      "He",
      "paid",
      "$",
      "3,000.50",
      "(",
      "net",
      ")",
      ",",
      '"',
      "cash",
      '"',
      "1990",
      "-",
      "95",
      ".",
    ]);
  });
});

function tableOf(said: readonly string[], size: number): Map<string, number> {
  const table = new Map<string, number>();
  for (let i = 0; i + size <= said.length; i++) {
    const gram = said.slice(i, i + size).join(" ");
    table.set(gram, (table.get(gram) ?? 0) + 1);
  }
  return table;
}
