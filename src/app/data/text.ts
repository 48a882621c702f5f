import { constants, isUtf8 } from "node:buffer";
import { ConfigError } from "#src/kernel/errors";

/** Bytes that are decoded at a time; together they may be more than one text can hold. */
const PIECE_BYTES = 2 ** 24;
const NEWLINE = 10;

/**
 * The text of a file in pieces, without its byte order mark. Pieces of UTF-8 end where lines end.
 *
 * @param source name of the file, for messages
 * @param encoding UTF-8 when absent
 * @throws ConfigError with line and byte where the bytes are not text of the encoding, and with the encoding that it seems to be
 */
export function* textOf(
  bytes: Uint8Array,
  source: string,
  encoding?: string,
  pieceBytes = PIECE_BYTES,
): Generator<string> {
  if (encoding === undefined || /^utf-?8$/i.test(encoding)) yield* utf8Of(bytes, source, pieceBytes);
  else yield* decoded(bytes, source, encoding, pieceBytes);
}

function* utf8Of(bytes: Uint8Array, source: string, pieceBytes: number): Generator<string> {
  refuseUtf16(bytes, source);
  let at = startsWith(bytes, 0xef, 0xbb, 0xbf) ? 3 : 0;
  while (at < bytes.length) {
    const end = endOfPiece(bytes, at, pieceBytes);
    const piece = bytes.subarray(at, end);
    if (!isUtf8(piece)) throw noUtf8(piece, source, linesOf(bytes.subarray(0, at)));
    if (piece.length > constants.MAX_STRING_LENGTH)
      throw new ConfigError(
        `${source}:${linesOf(bytes.subarray(0, at)) + 1}`,
        "must be shorter than what one text can hold",
        piece.length,
      );
    yield buffer(piece).toString("utf8");
    at = end;
  }
}

function linesOf(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

/** After the last line end within a piece; where a line is longer, after it. */
function endOfPiece(bytes: Uint8Array, at: number, pieceBytes: number): number {
  const most = at + pieceBytes;
  if (most >= bytes.length) return bytes.length;
  const before = bytes.lastIndexOf(NEWLINE, most - 1);
  const newline = before >= at ? before : bytes.indexOf(NEWLINE, most);
  return newline < 0 ? bytes.length : newline + 1;
}

/** Always as a stream: Node 20 reads `windows-1252` as Latin-1 otherwise. */
function* decoded(bytes: Uint8Array, source: string, encoding: string, pieceBytes: number): Generator<string> {
  const decoder = new TextDecoder(encoding, { fatal: true });
  try {
    for (let at = 0; at < bytes.length; at += pieceBytes)
      yield decoder.decode(bytes.subarray(at, at + pieceBytes), { stream: true });
    yield decoder.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new ConfigError(source, `must be text in the encoding ${encoding}`, undefined, "Some of its bytes are none");
  }
}

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const startsWith = (bytes: Uint8Array, ...start: readonly number[]): boolean =>
  start.every((byte, i) => bytes[i] === byte);

/** UTF-16, by how it begins. */
function refuseUtf16(bytes: Uint8Array, source: string): void {
  const [a, b, c, d] = bytes;
  const utf16 = startsWith(bytes, 0xff, 0xfe) || (a !== 0 && b === 0 && c !== 0 && d === 0) ? "utf-16le" : undefined;
  const other =
    utf16 ?? (startsWith(bytes, 0xfe, 0xff) || (a === 0 && b !== 0 && c === 0 && d !== 0) ? "utf-16be" : undefined);
  if (bytes.length > 1 && other)
    throw new ConfigError(source, "must be UTF-8", undefined, `It looks like UTF-16: say { encoding: "${other}" }`);
}

/** Says where a piece of a file is not UTF-8. @param before lines before the piece */
function noUtf8(piece: Uint8Array, source: string, before: number): ConfigError {
  let [start, line] = [0, before + 1];
  let end = piece.indexOf(NEWLINE);
  for (; end >= 0 && isUtf8(piece.subarray(start, end)); end = piece.indexOf(NEWLINE, start)) {
    start = end + 1;
    line += 1;
  }
  const bad = piece.subarray(start, end < 0 ? piece.length : end);
  const at = firstBad(bad);
  const around = new TextDecoder("windows-1252").decode(bad.subarray(Math.max(0, at - 12), at + 12), { stream: true });
  return new ConfigError(
    `${source}:${line}`,
    `must be UTF-8, but its byte ${at + 1} (${bad[at]!.toString(16)}) is not`,
    undefined,
    `It looks like Windows-1252 (${JSON.stringify(around)}): say { encoding: "windows-1252" }, or save it as UTF-8`,
  );
}

/** Where the first letter begins that is not UTF-8. */
function firstBad(bytes: Uint8Array): number {
  const isStart = (length: number): boolean => {
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isStart(middle)) good = middle;
    else bad = middle;
  }
  while (!isUtf8(bytes.subarray(0, good))) good -= 1;
  return good;
}
