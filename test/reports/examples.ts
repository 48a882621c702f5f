import { type Analysis, analyse, type GateResult, judgeGates } from "#src/analysis/index";
import { withoutConclusions } from "#src/analysis/unfit";
import type { Outcome } from "#src/experiment/outcome";
import { stream } from "#src/kernel/random";
import { buildReport, type Report } from "#src/reports/index";
import { exampleManifest, outcome } from "./manifest.ts";

/** Computed once: rendering and reading change nothing of a report. */
const made = new Map<string, Promise<Report>>();
function once(name: string, make: () => Promise<Report>): Promise<Report> {
  const before = made.get(name) ?? make();
  made.set(name, before);
  return before;
}

/** Three conditions at two lengths over 60 items, two of which failed; accuracy, latency and its 99th percentile. */
export const exampleReport = (more: { planned?: number; faults?: string } = {}): Promise<Report> =>
  once(`example ${JSON.stringify(more)}`, () => makeExample(more));

/** A report of which every name, text and output is hostile. */
export const hostileReport = (): Promise<Report> => once("hostile", makeHostile);

async function makeExample(more: { planned?: number; faults?: string }): Promise<Report> {
  const conditions = [10, 80].flatMap((length) =>
    ["plain", "careful", "careless"].map((way) => ({ name: `${way}, ${length}`, factors: { way, length } })),
  );
  const rows = rowsOf(
    conditions.map(({ name }) => name),
    60,
    1,
  );
  const analysed = analyse(rows, {
    conditions,
    metrics: ["accuracy", "latency", "latency_p99"],
    pairs: { within: "length" },
    planned: more.planned ?? rows.length,
    resamples: 400,
  });
  const analysis = more.faults ? withoutConclusions(analysed, "faults were injected") : analysed;
  const manifest = exampleManifest(
    conditions.map(({ name }) => name),
    ["accuracy", "latency", "latency_p99"],
    { config: { errorHandling: { dlqEnabled: true } }, costBudget: { maxTotal: 5, currency: "usd" } },
    60,
  );
  const incidents = { restarts: 1, circuitOpened: 0 };
  const sessions = [{ startedAt: 0, endedAt: 95_000, status: "completed" as const, incidents }];
  return buildReport({
    manifest: more.faults ? { ...manifest, faults: more.faults } : manifest,
    analysis,
    gates: more.faults
      ? []
      : judgeGates(
          [
            { metric: "accuracy", condition: "careful, 10", atLeast: 0.425 },
            { metric: "latency_p99", condition: "careless, 80", atMost: 100 },
            { metric: "accuracy", difference: ["careful, 80", "plain, 80"], notWorseThan: 0.1 },
          ],
          analysis,
        ),
    sessions,
    results: rows,
    itemOf: (id) => ({ input: `What is ${id}, out of A and B?`, target: "B" }),
  });
}

/** Names and outputs that are made to break documents. */
export const hostileTexts = [
  "<script>alert(1)</script>",
  "\\input{/etc/passwd} $x_1^2$ & 100 % #1 {a} ~",
  "a | b \\| c ` * _x_ [l](http://e.vil) ![i](x) @someone",
  "line one\nline two\r\nline three",
  "=cmd|' /C calc'!A0,\"quoted\"",
  "emoji 😀👩‍👩‍👧 and \u202eright to left\u202c שלום مرحبا 漢字",
  "\u0000\u0007\u001b[31mred\u001b[0m \ud800 alone",
  "x".repeat(1_000_000),
  "{{title}} {{{items}}} <%= 1 %>",
  "</table></script><!-- --> ]]> --><br>",
];

async function makeHostile(): Promise<Report> {
  const rows = rowsOf(hostileTexts, 12, 2).map((row, i) => ({
    ...row,
    itemId: `${hostileTexts[i % hostileTexts.length]!.slice(0, 300)} ${row.itemId}`,
    output: { text: hostileTexts[i % hostileTexts.length] },
  }));
  const items = new Map<string, string>();
  const named = rows.map((row, i) => {
    const plain = `q${Math.floor(i / hostileTexts.length)}`;
    if (!items.has(plain)) items.set(plain, row.itemId);
    return { ...row, itemId: items.get(plain)! };
  });
  const analysis = analyse(named, { metrics: ["accuracy", "latency"], resamples: 200 });
  const nasty = hostileTexts[0]! + hostileTexts[1]! + hostileTexts[2]!;
  const manifest = exampleManifest(
    hostileTexts,
    ["accuracy", "latency"],
    { name: nasty, description: hostileTexts.join(" "), author: nasty, version: nasty },
    12,
  );
  return buildReport({ manifest: { ...manifest, faults: nasty }, analysis, gates: gatesOn(analysis), results: named });
}

/** A gate on every condition. */
const gatesOn = (analysis: Analysis): GateResult[] =>
  judgeGates(
    analysis.conditions.map(({ name }) => ({ metric: "accuracy", condition: name, atLeast: 0.5 })),
    analysis,
  );

function rowsOf(conditions: readonly string[], items: number, seed: number): Outcome[] {
  const random = stream(seed, "example");
  const rows: Outcome[] = [];
  for (let item = 0; item < items; item++) {
    const hard = random();
    conditions.forEach((condition, c) => {
      const fails = item === 7 && c < 2;
      const accuracy = random() < 0.9 - 0.5 * hard - 0.12 * (c % 3);
      const latency = 20 * (1 + (c % 3)) * Math.exp(random() + hard);
      const error = { kind: "timeout", message: "took longer than 30000 ms", retry: "later" } as const;
      rows.push(
        outcome(
          fails
            ? {
                condition,
                itemId: `q${item}`,
                finalStatus: "failed_retries_exhausted",
                error: error as never,
                attempts: 2,
                retryDelaysMs: [1000],
                errorHistory: [{ attempt: 1, error: error as never, at: 0 }],
              }
            : {
                condition,
                itemId: `q${item}`,
                metrics: { accuracy, latency },
                output: { prediction: accuracy ? "B" : "A" },
              },
          rows.length,
        ),
      );
    });
  }
  return rows;
}
