import { sep } from "node:path";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { redact } from "#src/kernel/redact";
import { escapeTerminal } from "#src/reports/escape";
import { coloured, isColoured, type Line } from "./colour.ts";

const { setImmediate } = globalThis; // a condition may put another in its place

/** The real standard output, whatever `keepStdout` or a condition makes of `process.stdout`; and the real standard error. */
const write = process.stdout.write.bind(process.stdout);
const writeError = process.stderr.write.bind(process.stderr);

/**
 * From now on standard output belongs to the command: what an experiment file, a condition or a thread prints there goes to standard error,
 * so that a reader of `--json` gets nothing but records.
 */
export function keepStdout(): void {
  process.stdout.write = writeError as typeof process.stdout.write;
}

/** Prints lines. Whatever stands in one, it stays one line, and moves no cursor. */
export const print = (...lines: readonly string[]): void => void write(asLines(lines));

/** Prints lines in their colours, where standard output has them. */
export function printLines(lines: readonly Line[]): void {
  const colours = isColoured(process.env, process.stdout.isTTY === true);
  write(lines.map(({ text, tone }) => `${coloured(escapeTerminal(text), colours ? tone : undefined)}\n`).join(""));
}

/** Columns of the terminal; absent where standard output is not a terminal or does not say. */
export const columnsOf = (): number | undefined =>
  process.stdout.isTTY && process.env.TERM !== "dumb" ? process.stdout.columns || undefined : undefined;

/** Prints lines on standard error, as `print` does, without what looks like a secret. */
export const warn = (...lines: readonly string[]): void => void writeError(asLines(lines.map(redact)));

/** Draws on standard error as it is: for cursor moves of our own. */
export const redraw = (text: string): void => void writeError(text);

/** Prints one record a line. */
export const printJson = (record: unknown): void => void write(`${jsonLine(record)}\n`);

/** Prints a document as it is; in a terminal without what that would obey. */
export const printText = (text: string): void => void write(process.stdout.isTTY ? escapeDocument(text) : text);

/** Standard output as a stream that may be written to and not closed: bytes as they are; in a terminal text without what that would obey. */
export function stdoutStream(isTerminal = process.stdout.isTTY === true): Writable {
  const decoder = new StringDecoder("utf8");
  const shown = (chunk: Buffer): Buffer | string => (isTerminal ? escapeDocument(decoder.write(chunk)) : chunk);
  return new Writable({ write: (chunk: Buffer, _, done) => void write(shown(chunk), done) });
}

/**
 * A text of many lines for a terminal: its lines stay lines, and it moves no cursor.
 *
 * @example escapeDocument("a\u001b[2J\r\nb\rc\n") // => "a\ufffd[2J\r\nb c\n"
 */
export const escapeDocument = (text: string): string => text.replace(/(?:[^\r\n]|\r(?!\n))+/g, escapeTerminal);

/** Calls back when all that was printed is out, or its loss is known. */
export const flushed = (done: () => void): void => void write("", () => writeError("", () => setImmediate(done)));

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
