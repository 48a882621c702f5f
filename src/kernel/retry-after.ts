/** Milliseconds that a server may ask to wait by default: longer than any window of a rate limit but a day's. */
export const LONGEST_WAIT_MS = 900_000;

/** One header's text, whether from a `Headers` or a plain object in any case. */
export function headerOf(headers: unknown, name: string): string | undefined {
  if (typeof headers !== "object" || headers === null) return undefined;
  const get = (headers as { get?: unknown }).get;
  const found: unknown =
    typeof get === "function"
      ? get.call(headers, name)
      : Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  const first: unknown = Array.isArray(found) ? found[0] : found;
  return typeof first === "string" || typeof first === "number" ? String(first).trim() : undefined;
}

/**
 * What the server asked us to wait: `retry-after-ms`, else `retry-after`. It is seconds or one of HTTP's three dates by the standard; servers
 * also send a duration (`2s`, `1m30s`), an RFC 3339 date, and seconds or milliseconds since 1970.
 *
 * @param headers a `Headers` or a plain object, in any case
 * @returns milliseconds, at least 0; nothing where the header is absent or makes no sense
 * @see RFC 9110, 10.2.3 Retry-After and 5.6.7 Date/Time Formats
 * @example retryAfterMs({ "Retry-After": "1.5" }, 0) // => 1500
 * @example retryAfterMs({ "Retry-After": "1795876072" }, 1_795_876_070_000) // => 2000
 */
export function retryAfterMs(headers: unknown, nowMs: number): number | undefined {
  const exact = decimal(firstOf(headerOf(headers, "retry-after-ms")));
  if (exact !== undefined) return exact >= EPOCH_MILLISECONDS ? Math.max(0, exact - nowMs) : exact;
  const asked = firstOf(headerOf(headers, "retry-after"));
  if (asked === undefined) return undefined;
  const atMs = timeOf(asked, nowMs);
  return atMs === undefined ? undefined : Math.max(0, atMs - nowMs);
}

/** The first of the values that a server and its proxy both sent: `60, 60`. A date has a comma of its own. */
const firstOf = (text: string | undefined): string | undefined =>
  text?.replace(/^([^\s,]{1,40}\d[a-z]{0,12}|\d),.*$/is, "$1");

const EPOCH_SECONDS = 1e9;
const EPOCH_MILLISECONDS = 1e12;

/**
 * A time as servers write it: seconds from now, seconds or milliseconds since 1970, a duration, an RFC 3339 or an HTTP date.
 *
 * @returns milliseconds since 1970; nothing for what makes no sense
 * @example timeOf("1m30s", 1000) // => 91_000
 */
export function timeOf(text: string, nowMs: number): number | undefined {
  const number = decimal(text);
  if (number !== undefined) {
    if (number >= EPOCH_MILLISECONDS) return number;
    return number >= EPOCH_SECONDS ? number * 1000 : nowMs + number * 1000;
  }
  const duration = durationMs(text);
  if (duration !== undefined) return nowMs + duration;
  const atMs = dateMs(text);
  return Number.isNaN(atMs) ? undefined : atMs;
}

/** A date without a zone means UTC, as asctime's does. */
function dateMs(text: string): number {
  if (text.length > 64) return Number.NaN;
  const zoned = /(?:GMT|UTC|Z|[+-]\d\d:?\d\d)$/.test(text);
  if (/^\d{4}-\d\d-\d\d[T ]\d\d:/.test(text)) return Date.parse(zoned ? text : `${text}Z`);
  return /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(zoned ? text : `${text} GMT`) : Number.NaN;
}

const decimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : undefined;

const units: readonly (readonly [RegExp, number])[] = [
  [/^(?:ms|msecs?|millis|milliseconds?)$/, 1],
  [/^(?:us|µs|microseconds?)$/, 1e-3],
  [/^(?:ns|nanoseconds?)$/, 1e-6],
  [/^(?:s|secs?|seconds?)$/, 1000],
  [/^(?:m|mins?|minutes?)$/, 60_000],
  [/^(?:h|hrs?|hours?)$/, 3_600_000],
  [/^(?:d|days?)$/, 86_400_000],
];

/**
 * A duration in Go's notation or in words, with nothing before it and nothing after it.
 *
 * @example durationMs("1h2m3.5s") // => 3_723_500
 * @example durationMs("2 minutes") // => 120_000
 */
export function durationMs(text: string): number | undefined {
  const found = leadingDuration(text, 0);
  return found && found.end === text.length ? found.ms : undefined;
}

/** The duration that begins at a place of a text, as far as it goes. */
function leadingDuration(text: string, from: number): { readonly ms: number; readonly end: number } | undefined {
  const part = /(\d{1,15}(?:\.\d{1,15})?) {0,2}([a-zµ]{1,12})(?![a-zµ])/iy;
  let ms = 0;
  let end = from;
  for (let at = from; ; at = end + (text[end] === " " ? 1 : 0)) {
    part.lastIndex = at;
    const [whole, number, word] = part.exec(text) ?? [];
    const unit = units.find(([name]) => name.test(word?.toLowerCase() ?? ""))?.[1];
    if (whole === undefined || unit === undefined) return end === from ? undefined : { ms, end };
    ms += Number(number) * unit;
    end = at + whole.length;
  }
}

/**
 * What a server asks for in its sentence: "Please try again in 7.66s", "retry after 20 seconds".
 *
 * @example delayInWords("Rate limit reached. Please try again in 1m30.5s. Visit ...") // => 90_500
 */
export function delayInWords(text: string): number | undefined {
  for (const found of text.matchAll(
    /\b(?:try again|try your request again|retry|wait)(?: (?:in|after|for|at least|another)){0,2} (?=\d)/gi,
  )) {
    const duration = leadingDuration(text, found.index + found[0].length);
    if (duration) return duration.ms;
  }
  return undefined;
}
