import { type AsyncFlateStreamHandler, Unzip, UnzipInflate } from "fflate";
import { Decompress } from "fzstd";
import { ConfigError } from "#src/kernel/errors";
import { type ForeignRecord, isRecord, parsePython } from "./foreign.ts";

/**
 * An `.eval` log of inspect_ai as its `.json` log would be: a zip archive of `header.json` and `samples/*.json`; the oldest have `start.json` and
 * `results.json`, and a run that has not ended has only what it started with.
 *
 * @param most bytes that it may unpack to
 * @throws ConfigError with the name of the file, and of the member that cannot be read
 */
export function evalLog(bytes: Uint8Array, source: string, most: number): ForeignRecord {
  const members = membersOf(bytes, source, most);
  const read = (name: string): unknown => {
    const member = members.get(name);
    if (!member) return undefined;
    try {
      return parsePython(new TextDecoder("utf-8", { fatal: true }).decode(member));
    } catch (error) {
      throw new ConfigError(`${source} ${name}`, `must be JSON (${(error as Error).message})`);
    }
  };
  const start = read("_journal/start.json") ?? read("start.json");
  const header = read("header.json") ?? read("results.json");
  if (!isRecord(start) && !isRecord(header))
    throw new ConfigError(source, "must be a log of inspect_ai", undefined, "The archive has no header.json");
  const names = [...members.keys()].filter((name) => /^samples\/.*\.json$/.test(name));
  const ended = isRecord(header) ? header : { status: "started" };
  return { ...(isRecord(start) ? start : {}), ...ended, samples: names.map(read) };
}

/** What is read of an archive; transcripts and summaries repeat it. */
const wanted = /^(?:header\.json|start\.json|results\.json|_journal\/start\.json|samples\/.*\.json)$/;

/** The members of an archive by name; of two with one name, the later. */
function membersOf(bytes: Uint8Array, source: string, most: number): ReadonlyMap<string, Uint8Array> {
  if (!hasDirectory(bytes)) throw damaged(source, "it ends before its directory");
  const members = new Map<string, Uint8Array>();
  let [total, open] = [0, 0];
  const unzip = new Unzip((file) => {
    if (!wanted.test(file.name)) return;
    const pieces: Uint8Array[] = [];
    open += 1;
    file.ondata = (error, piece, isLast) => {
      if (error) throw error;
      total += piece.length;
      if (total > most) throw tooLarge(source, most);
      pieces.push(piece);
      if (!isLast) return;
      open -= 1;
      members.set(file.name, joined(pieces));
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  unzip.register(UnzipZstandard);
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) unzip.push(bytes.subarray(at, at + PIECE_BYTES));
    unzip.push(new Uint8Array(0), true);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw damaged(source, (error as Error).message);
  }
  if (open > 0) throw damaged(source, "it ends too early");
  return members;
}

/** Whether an archive has its end, the directory's record, which a comment of 64 KiB may follow: one cut between two members has not. */
function hasDirectory(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = bytes.length - 22; at >= 0 && at >= bytes.length - 22 - 2 ** 16; at--)
    if (view.getUint32(at, true) === 0x06054b50) return true;
  return false;
}

/** Small enough that what a hostile archive unpacks to is counted before it fills the memory. */
const PIECE_BYTES = 2 ** 16;

/** Zstandard (method 93 of the zip format), which newer logs use. */
class UnzipZstandard {
  static compression = 93;
  ondata!: AsyncFlateStreamHandler;
  readonly #stream = new Decompress((data, isLast) => this.ondata(null, new Uint8Array(data), isLast ?? false));

  push(data: Uint8Array, final: boolean): void {
    this.#stream.push(data, final);
  }
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

const damaged = (source: string, why: string): ConfigError =>
  new ConfigError(source, `must be a whole zip archive (${why})`, undefined, "It is damaged: get it again");

const tooLarge = (source: string, most: number): ConfigError =>
  new ConfigError(
    source,
    `must not unpack to more than ${most} bytes`,
    undefined,
    "Set maxUnpackedBytes where it is meant to be so large",
  );
