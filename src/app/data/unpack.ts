import { gunzipSync } from "node:zlib";
import { ConfigError } from "#src/kernel/errors";

/** Bytes that a compressed file may unpack to, by default. */
export const UNPACKED_MOST = 2 ** 30;

/**
 * The bytes of a file that may be compressed by gzip: those that begin as gzip does, whatever their name.
 *
 * @param most bytes that it may unpack to
 * @throws ConfigError for what is called `.gz` and is none, is damaged, or unpacks to more
 */
export function unpacked(bytes: Buffer, path: string, source: string, most = UNPACKED_MOST): Buffer {
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  if (!isGzip) {
    if (!/\.gz$/i.test(path)) return bytes;
    throw new ConfigError(source, "must be compressed by gzip, as its name says", undefined, "It is not: rename it");
  }
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(source, most);
    throw new ConfigError(source, `must be a whole gzip file (${message})`, undefined, "It is damaged: get it again");
  }
}

export const tooLarge = (source: string, most: number): ConfigError =>
  new ConfigError(
    source,
    `must not unpack to more than ${most} bytes`,
    undefined,
    "Set maxUnpackedBytes where it is meant to be so large",
  );
