import { createHash } from "node:crypto";

interface Told {
  readonly atMs: number;
  readonly who: string;
  readonly what: string | (() => string);
}

/** Who did what when. Its lines are made when they are read: those of most simulations never are. */
export class Trace {
  #told: Told[] = [];
  readonly #lines: string[] = [];
  #hasEnded = false;
  #digest: string | undefined;

  note(atMs: number, who: string, what: string | (() => string)): void {
    if (!this.#hasEnded) this.#told.push({ atMs, who, what });
  }

  /** What is noted from now on, by what the simulation left behind, does not belong to it. */
  end(): void {
    this.#hasEnded = true;
  }

  get lines(): readonly string[] {
    for (const { atMs, who, what } of this.#told) {
      const ms = Math.round(atMs * 1000) / 1000;
      this.#lines.push(`${String(ms).padStart(8)} ms  ${who}  ${typeof what === "string" ? what : what()}`);
    }
    this.#told = [];
    return this.#lines;
  }

  /** Equal for equal lines. Read after the end. */
  get digest(): string {
    this.#digest ??= createHash("sha256").update(this.lines.join("\n")).digest("hex").slice(0, 16);
    return this.#digest;
  }
}
