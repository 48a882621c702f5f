import type { Description } from "#src/solver/describe";

/** The tools that a solver is made with. */
export interface KnownTools {
  readonly names: ReadonlySet<string>;
  /** Whether it may have others: a function of one's own tells nothing of what it does. */
  readonly open: boolean;
}

/** The tools that are named in what a solver was made of. */
export function toolsOf(solver: unknown): KnownTools {
  const names = new Set<string>();
  const seen = new Set<unknown>();
  let open = false;
  const visit = (part: unknown, key: string): void => {
    if (part === null || (typeof part !== "object" && typeof part !== "function") || seen.has(part)) return;
    seen.add(part);
    if (typeof part === "function") {
      const { description } = part as { description?: Description };
      if (description) visit(description.options, key);
      else open = true;
      return;
    }
    const { name, run } = part as { name?: unknown; run?: unknown };
    if (typeof name === "string" && (typeof run === "function" || key === "submit")) names.add(name);
    else for (const [member, value] of Object.entries(part)) visit(value, member);
  };
  visit(solver, "");
  return { names, open };
}
