/** Bytes that become one text at once: a call takes a limited number of arguments. A multiple of three, so that no piece is padded but the last. */
const PIECE = 24_576;

/**
 * Bytes as base64, anywhere JavaScript runs.
 *
 * @example toBase64(new Uint8Array([104, 105])) // => "aGk="
 */
export function toBase64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += PIECE)
    pieces.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PIECE))));
  return pieces.join("");
}
