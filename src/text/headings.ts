/** A heading of a Markdown document. */
export interface Heading {
  /** 1 for a title, up to 6. */
  readonly level: number;
  /** What a reader sees, without marks. */
  readonly title: string;
  /** By which a link names it: `page.md#slug`, as GitHub makes it. */
  readonly slug: string;
  /** Its line, from 0. */
  readonly line: number;
}

/**
 * The headings of a Markdown document, without what stands in blocks of code.
 *
 * @example headings("# A `b`\n\n## It's so\n").map(({ slug }) => slug) // => ["a-b", "its-so"]
 */
export function headings(markdown: string): Heading[] {
  const found: Heading[] = [];
  const taken = new Map<string, number>();
  let fence: string | undefined;
  for (const [line, text] of markdown.split("\n").entries()) {
    const [, opening] = /^ {0,3}(```+|~~~+)/.exec(text) ?? [];
    if (opening !== undefined && (fence === undefined || opening.startsWith(fence))) {
      fence = fence === undefined ? opening : undefined;
      continue;
    }
    const [, marks, written] = (fence === undefined && /^(#{1,6}) (.*)$/.exec(text)) || [];
    if (marks === undefined) continue;
    const title = shown(written!);
    const slug = slugOf(title);
    const count = taken.get(slug) ?? 0;
    taken.set(slug, count + 1);
    found.push({ level: marks.length, title, slug: count === 0 ? slug : `${slug}-${count}`, line });
  }
  return found;
}

/** Text without the marks of Markdown. */
const shown = (written: string): string =>
  written
    .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
    .replace(/[`*]/g, "")
    .trim();

/** @example slugOf("Where a cent lives, and why") // => "where-a-cent-lives-and-why" */
export const slugOf = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}\p{Pc} -]/gu, "")
    .replaceAll(" ", "-");

/**
 * One section of a document, from its heading to the next of its level.
 *
 * @returns nothing where no heading has that slug
 * @example sectionOf("# A\n\n## B\n\nb\n\n## C\n", "b") // => "## B\n\nb"
 */
export function sectionOf(markdown: string, slug: string): string | undefined {
  const all = headings(markdown);
  const start = all.findIndex((heading) => heading.slug === slug);
  if (start < 0) return undefined;
  const end = all.slice(start + 1).find(({ level }) => level <= all[start]!.level)?.line;
  return markdown.split("\n").slice(all[start]!.line, end).join("\n").trim();
}
