import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { headings } from "#src/text/headings";

const documents = [
  ...readdirSync(".").filter((name) => name.endsWith(".md") || name === "llms.txt"),
  ...readdirSync("docs", { recursive: true, encoding: "utf8" })
    .map((name) => `docs/${name.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".md") && !path.startsWith("docs/api/")),
];
const textOf = new Map(documents.map((path) => [path, readFileSync(path, "utf8")]));
const slugsOf = new Map([...textOf].map(([path, text]) => [path, new Set(headings(text).map(({ slug }) => slug))]));

/** Links of a document, but for what stands in code. */
const linksIn = (text: string): string[] =>
  [
    ...text
      .replace(/^ {0,3}```[\s\S]*?^ {0,3}```/gm, "")
      .replace(/(?<!\[)`[^`\n]*`(?!\])/g, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, to]) => to!);

/** What is wrong with a link, if anything. */
function broken(from: string, to: string): string | undefined {
  if (/^[a-z]+:/.test(to)) return /^(https:|mailto:)/.test(to) ? undefined : "is no https";
  const [path = "", slug] = to.split("#", 2);
  const target = path === "" ? from : normalize(join(dirname(from), path)).replaceAll("\\", "/");
  if (!existsSync(target)) return "is not there";
  if (slug !== undefined && !slugsOf.get(target)?.has(slug)) return "has no such heading";
  return undefined;
}

describe("links", () => {
  it("lead to files and headings that are there", () => {
    const found = [...textOf].flatMap(([from, text]) => linksIn(text).map((to) => ({ from, to })));
    expect(found.length).toBeGreaterThan(200);
    const wrong = found.flatMap(({ from, to }) => (broken(from, to) ? [`${from}: ${to} ${broken(from, to)}`] : []));
    expect(wrong).toEqual([]);
  });

  it("are looked at: one to nothing, to no heading, or without encryption is found", () => {
    expect(broken("docs/ci.md", "nowhere.md")).toBe("is not there");
    expect(broken("docs/ci.md", "reports.md#nowhere")).toBe("has no such heading");
    expect(broken("docs/ci.md", "http://example.org")).toBe("is no https");
    expect(broken("docs/ci.md", "#vitest")).toBeUndefined();
    expect(linksIn("[a](b.md)\n```ts\nx[0](y)\n```\n`[c](d)` [`e`](f.md#g)")).toEqual(["b.md", "f.md#g"]);
  });

  it("lead from llms.txt, the list of all documents, to every page", () => {
    const listed = new Set(linksIn(textOf.get("llms.txt")!));
    expect(documents.filter((path) => path.startsWith("docs/") && !listed.has(path))).toEqual([]);
  });
});
