import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { err, ok } from "#src/kernel/result";
import { amount, count, fixed, money, p, pCell, percent, perSecond, pWords } from "#src/reports/cell";
import { cut } from "#src/reports/cut";
import { csvField, escapeLatex, escapeMarkdown, escapeTerminal, escapeXml, jsonForHtml } from "#src/reports/escape";
import { drawSvg, html, type Report, type ReportTable, renderers, tablesOf } from "#src/reports/index";
import { sha256Base64 } from "#src/reports/sha256";
import { exampleReport } from "./examples.ts";

let report: Report;
beforeAll(async () => {
  report = await exampleReport();
});
const table = (id: string): ReportTable => tablesOf(report).find((one) => one.id === id)!;

/** What stood in the repository when somebody last looked at it and found it good; `CRUCIBLE_UPDATE_GOLDEN=1` writes it again. */
function golden(name: string, text: string): void {
  const file = new URL(`../golden/reports/${name}`, import.meta.url);
  if (process.env.CRUCIBLE_UPDATE_GOLDEN === "1") {
    mkdirSync(new URL(".", file), { recursive: true });
    writeFileSync(file, text);
  }
  expect(text).toBe(readFileSync(file, "utf8"));
}

describe("the example report", () => {
  it.each(["markdown", "terminal", "latex"] as const)("is the golden one in %s", (format) => {
    golden(`example.${{ markdown: "md", terminal: "txt", latex: "tex" }[format]}`, renderers[format](report));
  });

  it("has golden pictures", () => {
    const drawn = report.sections.flatMap(({ blocks }) =>
      blocks.flatMap((block) => (block.kind === "figure" ? [drawSvg(block.figure)] : [])),
    );
    golden("figures.svg.txt", `${drawn.join("\n\n")}\n`);
  });

  it("prints the accounting beside the results", () => {
    expect(table("results").notes[0]).toBe(
      "Accounting: 360 planned = 358 succeeded + 2 failed + 0 skipped + 0 unscored + 0 pending.",
    );
  });

  it("says each conclusion in words made from its numbers, never a placeholder", () => {
    const findings = report.sections[0]!.blocks.flatMap((block) => (block.kind === "list" ? block.items : []));
    expect(findings.some((finding) => /is better than .* by \d.* \[.*\] \(adjusted p [=<] /.test(finding))).toBe(true);
    expect(
      findings.some((finding) => /are not distinguishable: .*; this design could detect \d+\.\d points/.test(finding)),
    ).toBe(true);
    const everything = renderers.markdown(report);
    expect(everything).not.toMatch(/NaN|undefined|null|Infinity|\[object|TODO/);
  });

  it("says how many tests share the level, how each was chosen, and what was left out", () => {
    const text = renderers.markdown(report);
    expect(text).toContain(
      "over the 6 pairs of each metric by itself: accuracy is primary, latency and latency_p99 are secondary",
    );
    expect(text).toContain("exact McNemar test, because both conditions did the same items once");
    expect(text).toContain("Items left out of a pair, at most: 1 failed.");
  });

  it("keeps the brackets of a name at the beginning of an item in LaTeX, where they would be its label", () => {
    const [first] = report.sections;
    const section = { ...first!, blocks: [{ kind: "list" as const, items: ["[x] br is worse"] }] };
    expect(renderers.latex({ ...report, sections: [section] })).toContain("\\item {[}x] br is worse");
  });

  it("marks a run that is still active", async () => {
    const text = renderers.markdown({ ...report, partial: true, status: "running" });
    expect(text).toContain("running");
  });
});

describe("the HTML page", () => {
  it("allows only its own script and style, by their hashes", () => {
    const page = html(report);
    const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)!;
    const hash = (text: string): string => createHash("sha256").update(text).digest("base64");
    const [, script] = /<script>([\s\S]*?)<\/script>/.exec(page)!;
    const [, style] = /<style>([\s\S]*?)<\/style>/.exec(page)!;
    expect(policy).toContain("default-src &#39;none&#39;");
    expect(policy).toContain(`script-src &#39;sha256-${hash(script!)}&#39;`);
    expect(policy).toContain(`style-src &#39;sha256-${hash(style!)}&#39;`);
    expect(page).not.toMatch(/ style="|\son\w+="|https?:\/\/(?!www\.w3\.org)/);
  });

  it("titles every picture for those who cannot see it", () => {
    const pictures = [...html(report).matchAll(/<svg[\s\S]*?<\/svg>/g)].map(([svg]) => svg);
    expect(pictures.length).toBeGreaterThan(8);
    for (const svg of pictures)
      expect(svg).toMatch(
        /role="img" aria-labelledby="\S+ \S+"[\s\S]*<title id="[^"]+">[^<]+<\/title>\n<desc id="[^"]+">[^<]+<\/desc>/,
      );
  });
});

describe("a hash without Node", () => {
  it.each(["", "abc", "é😀漢", "x".repeat(55), "x".repeat(56), "x".repeat(64), "x".repeat(1000)])(
    "agrees with Node's for %j",
    (text) => {
      expect(sha256Base64(text)).toBe(createHash("sha256").update(text).digest("base64"));
    },
  );
});

describe("digits", () => {
  it("prints p with three, without a zero before the point, small ones as a bound", () => {
    expect([1, 0.9996, 0.332, 0.0474, 0.00315, 0.001, 0.00099, 2.9412e-45, 0].map((value) => p(value))).toEqual([
      "1",
      "1",
      ".332",
      ".0474",
      ".00315",
      ".00100",
      "<.001",
      "<.001",
      "<.001",
    ]);
    expect([pWords(0.0474), pWords(3e-8)]).toEqual(["p = .0474", "p < .001"]);
    expect([p(0.00499, true), pWords(0.00499, true), pWords(1e-9, true)]).toEqual([
      "≤.00499",
      "p ≤ .00499",
      "p < .001",
    ]);
  });

  it("prints the reason where there is no number", () => {
    expect(pCell(err("one sample"))).toEqual({ kind: "absent", text: "n/a (one sample)", reason: "one sample" });
    expect(pCell(ok(3e-8))).toEqual({ kind: "number", text: "<.001", value: 3e-8 });
  });

  it("prints no minus before a zero, groups large counts, three digits of amounts", () => {
    expect(fixed(-0.001, 2)).toBe("0.00");
    expect([count(9999), count(12_345), count(1_234_567)]).toEqual(["9,999", "12,345", "1,234,567"]);
    expect([amount(0), amount(0.001234), amount(12.345), amount(12_345.6)]).toEqual(["0", "0.00123", "12.3", "12,346"]);
    expect([money(1234.5, "usd"), money(0.36, "usd"), money(0.3, "eur"), money(0.008625, ""), money(0, "usd")]).toEqual(
      ["1,234.50 USD", "0.36 USD", "0.30 EUR", "0.00863", "0.00 USD"],
    );
    expect([money(-0.004, "usd"), money(-1234.5, ""), money(1e-9, "usd")]).toEqual([
      "-0.004 USD",
      "-1,234.50",
      "0.000000001 USD",
    ]);
    expect([perSecond(0.256), perSecond(1129.4), percent(0.4567), percent(1)]).toEqual([
      "0.256/s",
      "1,129/s",
      "45.7 %",
      "100 %",
    ]);
  });
});

describe("escaping", () => {
  it("leaves nothing that a format would act on", () => {
    expect(escapeXml("<a href='x'>&\"")).toBe("&lt;a href=&#39;x&#39;&gt;&amp;&quot;");
    expect(jsonForHtml("</script>\u2028")).toBe('"\\u003c/script>\\u2028"');
    expect(escapeMarkdown("a_b *x* | <y> [l](u) @me\n# no")).toBe("a_b \\*x\\* \\| \\<y> [l\\](u) @\u200bme<br># no");
    expect(escapeMarkdown("# h")).toBe("\\# h");
    expect(escapeMarkdown("1. one")).toBe("1\\. one");
    expect(escapeLatex("\\input{x} 100 % $a_1^2$ ~ #&")).toBe(
      "\\textbackslash{}input\\{x\\} 100 \\% \\$a\\_1\\textasciicircum{}2\\$ \\textasciitilde{} \\#\\&",
    );
    expect(escapeLatex("😀 漢")).toBe("[U+1F600]\\allowbreak{} [U+6F22]\\allowbreak{}");
    expect(csvField("=cmd|' /C calc'!A0")).toBe("'=cmd|' /C calc'!A0");
    expect(csvField("\n=1+1")).toBe(`"'\n=1+1"`);
    expect(csvField('a,"b"\n')).toBe('"a,""b""\n"');
    expect(escapeTerminal("\u001b[31mred\n")).toBe("\ufffd[31mred ");
  });

  it("cuts long texts with a mark and never within a character", () => {
    expect(cut("abcdef", 3)).toBe("abc … (3 more characters)");
    expect(cut("a😀b", 2)).toBe("a … (3 more characters)");
  });
});
