import { sep } from "node:path";
import { Writable } from "node:stream";
import { redact } from "#src/kernel/redact";
import { escapeTerminal } from "#src/reports/escape";
import { coloured, isColoured, type Line } from "./colour.ts";

const { setImmediate } = globalThis; // a condition may put another in its place

/** The real standard output, whatever `keepStdout` makes of `process.stdout`. */
const write = process.stdout.write.bind(process.stdout);

/**
 * From now on standard output belongs to the command: what an experiment file, a condition or a thread prints there goes to standard error,
 * so that a reader of `--json` gets nothing but records.
 */
export function keepStdout(): void {
  process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
}

/** Prints lines. Whatever stands in one, it stays one line, and moves no cursor. */
export const print = (...lines: readonly string[]): void => void write(asLines(lines));

/** Prints lines in their colours, where standard output has them. */
export function printLines(lines: readonly Line[]): void {
  const colours = isColoured(process.env, process.stdout.isTTY === true);
  write(lines.map(({ text, tone }) => `${coloured(escapeTerminal(text), colours ? tone : undefined)}\n`).join(""));
}

/** Columns of the terminal; nothing where standard output is none, or it does not say. */
export const columnsOf = (): number | undefined =>
  process.stdout.isTTY && process.env.TERM !== "dumb" ? process.stdout.columns || undefined : undefined;

/** Prints lines on standard error, as `print` does, without what looks like a secret. */
export const warn = (...lines: readonly string[]): void => void process.stderr.write(asLines(lines.map(redact)));

/** Prints one record a line. */
export const printJson = (record: unknown): void => void write(`${jsonLine(record)}\n`);

/** Prints a document as it is. */
export const printText = (text: string): void => void write(text);

/** Standard output as a stream that may be written to and not closed. */
export const stdoutStream = (): Writable =>
  new Writable({
    write: (chunk: Buffer, _, done) => void write(chunk, done),
  });

/** Calls back when all that was printed is out, or its loss is known. */
export const flushed = (done: () => void): void =>
  void write("", () => process.stderr.write("", () => setImmediate(done)));

const asLines = (lines: readonly string[]): string => lines.map((line) => `${escapeTerminal(line)}\n`).join("");

/** JSON without the characters that a terminal would obey; it reads back as the same. */
const jsonLine = (record: unknown): string =>
  JSON.stringify(record).replace(
    /[\u007f-\u009f\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

/** The folder in which the command was typed: a condition may change it. */
const here = `${process.cwd()}${sep}`;

/** A path as one would type it where the command was typed. */
export const pathFromHere = (path: string): string => (path.startsWith(here) ? path.slice(here.length) : path);
