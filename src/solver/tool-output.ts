/** Bytes of a tool's output that a model is shown, unless it is said otherwise. */
export const DEFAULT_TOOL_OUTPUT_BYTES = 16 * 1024;

/**
 * A tool's output as the model is shown it: whole, or where it is longer than the limit with its middle left out, with a note that says so.
 *
 * @param maxBytes of UTF-8; 0 for no limit
 * @example shownOutput("ls", "abcdef", 4).includes("\nabef\n") // => true
 */
export function shownOutput(name: string, output: string, maxBytes: number): string {
  const kept = withoutMiddle(output, maxBytes);
  if (kept === output) return output;
  return `The output of your call to ${name} was too long to be shown whole. Its beginning and end, truncated in the middle:
<START_TOOL_OUTPUT>
${kept}
<END_TOOL_OUTPUT>`;
}

/**
 * A text of at most the given bytes of UTF-8: the first half and the last half of them, by whole code points.
 *
 * @param maxBytes 0 for no limit
 * @example withoutMiddle("abcdef", 4) // => "abef"
 * @example withoutMiddle("ää", 3) // => "ä"
 */
export function withoutMiddle(text: string, maxBytes: number): string {
  if (maxBytes === 0 || text.length * 3 <= maxBytes) return text;
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= maxBytes) return text;
  let head = Math.ceil(maxBytes / 2);
  let tail = bytes.length - Math.floor(maxBytes / 2);
  while (head > 0 && isInside(bytes[head])) head -= 1;
  while (isInside(bytes[tail])) tail += 1;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  return decoder.decode(bytes.subarray(0, head)) + decoder.decode(bytes.subarray(tail));
}

/** Whether a byte continues with a code point that began before it. */
const isInside = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;
