import { describe, expect, it } from "vitest";
import { analyse } from "#src/analysis/index";
import type { MetricInput } from "#src/experiment/metrics";
import { buildReport, type Report, renderers } from "#src/reports/index";
import { exampleManifest } from "./manifest.ts";

/** Two conditions over 40 items: `b` has more of the metric than `a` on nearly all. */
function reportOn(metric: MetricInput): Promise<Report> {
  const name = typeof metric === "string" ? metric : metric.name;
  const rows = ["a", "b"].flatMap((condition, c) =>
    Array.from({ length: 40 }, (_, i) => ({
      condition,
      itemId: `q${i}`,
      [name]: Math.sin(i) + c + 0.1 * Math.cos(7 * i * (c + 1)),
    })),
  );
  const analysis = analyse(rows, { metrics: [metric], resamples: 100 });
  return buildReport({ manifest: exampleManifest(["a", "b"], [name]), analysis });
}
const textFormats = ["markdown", "terminal", "html", "latex"] as const;
const plain = (text: string): string => text.replace(/<[a-z/!][^>]*>/g, " ");

describe("a metric without a direction", () => {
  it.each(textFormats)("is higher and lower in %s, never better or worse, and that is said once", async (format) => {
    const text = plain(renderers[format](await reportOn("sentiment")));
    expect(text).toContain("b is higher than a by");
    expect(text.match(/It is not given which way is better for sentiment/g)).toHaveLength(1);
    const rest = text
      .replace(/It is not given which way is better for sentiment.*?metric\./s, "")
      .replaceAll("neither way is called better", "");
    expect(rest).not.toMatch(/better|worse|ahead/);
    expect(rest).not.toMatch(/[↑↓]|arrow\$/);
  });
});

describe("a metric of which that was said", () => {
  it.each([
    ["higher", "↑", "\\uparrow", "b is better than a by"],
    ["lower", "↓", "\\downarrow", "b is worse than a by"],
  ] as const)(
    "is better when %s, with an arrow in the head of its column in every format",
    async (direction, arrow, tex, words) => {
      const report = await reportOn({ name: "sentiment", direction });
      for (const format of textFormats) {
        const text = plain(renderers[format](report));
        expect(text).toContain(words);
        expect(text).not.toContain("It is not given which");
        expect(text).toContain(format === "latex" ? `{sentiment $${tex}$}` : `sentiment ${arrow}`);
      }
    },
  );

  it("is neither where that was said, and nobody is reminded", async () => {
    const text = renderers.markdown(await reportOn({ name: "accuracy", direction: "none" }));
    expect(text).toContain("b is higher than a by");
    expect(text).not.toMatch(/It is not given which|better than/);
  });
});
