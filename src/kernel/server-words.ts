import { durationMs } from "./retry-after.ts";

/** What a server's body says about an error. */
export interface ServerWords {
  readonly message?: string | undefined;
  readonly code?: string | undefined;
  /** The class of the error, and whatever else in the body names it. */
  readonly type?: string | undefined;
  /** An HTTP status that stands in the body. */
  readonly status?: number | undefined;
  /** `RetryInfo` of Google's APIs. */
  readonly retryAfterMs?: number | undefined;
}

/** Characters of a message that are kept; a page or a dump is not a message. */
const LONGEST = 500;
const DEEPEST = 5;

/**
 * The server's own words in the body of an error, whatever the shape: `{ error: { message } }`, `{ error: "text" }`, `{ detail }` of FastAPI,
 * `{ message }`, `{ errors: [...] }`, a list of any of them, plain text, or a page of HTML, of which the title is taken.
 *
 * @param body text, or what a client made of it
 * @returns no members where it says nothing
 * @example serverWords('{"detail":[{"loc":["body","model"],"msg":"field required"}]}').message // => "body.model: field required"
 */
export function serverWords(body: unknown): ServerWords {
  const parsed = typeof body === "string" ? (jsonOf(body) ?? body) : body;
  return typeof parsed === "string" ? { message: plainText(parsed) } : read(parsed, 0);
}

type Json = Readonly<Record<string, unknown>>;
const object = (value: unknown): Json => (typeof value === "object" && value !== null ? (value as Json) : {});
const text = (value: unknown): string | undefined =>
  typeof value === "string" && value.trim() !== "" ? cut(value) : undefined;

function read(value: unknown, depth: number): ServerWords {
  if (typeof value === "string") return { message: text(value) };
  if (depth > DEEPEST || typeof value !== "object" || value === null) return {};
  if (Array.isArray(value)) return together(value.slice(0, 3).map((each) => read(each, depth + 1)));
  const body = value as Json;
  const { error, errors, base_resp, detail, message, Message, msg, loc, metadata } = body;
  const inner =
    [error, errors, base_resp, detail, message, Message].map((each) => read(each, depth + 1)).find(says) ?? {};
  const more = typeof error === "string" ? text(message) : undefined; // { error: "Not Found", message: "no route" }
  const own = [msg, body.error_message, body.error_msg, body.error_description, body.status_msg]
    .map(text)
    .find((each) => each !== undefined);
  const place = Array.isArray(loc) ? `${loc.slice(0, 9).join(".")}: ` : "";
  return {
    message: withRaw(
      own === undefined ? (together([inner, { message: more }]).message ?? text(body.title)) : cut(place + own),
      metadata,
    ),
    code: text(body.code) ?? inner.code ?? text(body.status),
    type: joined([body.type, body.status, innerCode(body), reasons(metadata), inner.type].map(text)),
    status:
      [body.code, body.status, body.statusCode, body.status_code].map(statusIn).find((each) => each !== undefined) ??
      inner.status,
    retryAfterMs:
      retryInfo(body.details) ??
      retryInfo(detail) ??
      secondsOf(body.retry_after ?? body.retryAfter ?? body.estimated_time) ?? // the last is Hugging Face's, for a model that is loaded
      inner.retryAfterMs,
  };
}

const says = ({ message, code, type, status }: ServerWords): boolean =>
  (message ?? code ?? type ?? status) !== undefined;

const joined = (parts: readonly (string | undefined)[], by = " "): string | undefined => {
  const named = [...new Set(parts.filter((part) => part !== undefined))];
  return named.length > 0 ? cut(named.join(by)) : undefined;
};

const together = (all: readonly ServerWords[]): ServerWords => ({
  ...all.find(says),
  message: joined(
    all.map(({ message }) => message),
    ": ",
  ),
});

/** Azure says in the inner error which of its policies it was. */
const innerCode = ({ innererror, inner_error }: Json): unknown => object(innererror ?? inner_error).code;

/** OpenRouter's reasons of a moderator. */
const reasons = (metadata: unknown): string | undefined =>
  Array.isArray(object(metadata).reasons) ? "flagged_input" : undefined;

/** A router reports the upstream provider's message beside its own "Provider returned error". */
function withRaw(message: string | undefined, metadata: unknown): string | undefined {
  const raw = object(metadata).raw;
  if (raw === undefined || raw === null) return message;
  const behind = serverWords(raw).message;
  return behind === undefined || message?.includes(behind) ? message : joined([message, behind], ": ");
}

const statusIn = (value: unknown): number | undefined => {
  const status = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === "number" && Number.isInteger(status) && status >= 400 && status < 600 ? status : undefined;
};

/** @see google.rpc.RetryInfo in google/rpc/error_details.proto */
const retryInfo = (details: unknown): number | undefined =>
  Array.isArray(details)
    ? details
        .slice(0, 20)
        .map((each) => object(each).retryDelay)
        .map((delay) => (typeof delay === "string" ? durationMs(delay) : secondsOf(object(delay).seconds)))
        .find((ms) => ms !== undefined)
    : undefined;

const secondsOf = (value: unknown): number | undefined => {
  const seconds = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof seconds === "number" && seconds >= 0 && Number.isFinite(seconds) ? seconds * 1000 : undefined;
};

function jsonOf(body: string): unknown {
  if (!/^\s*[[{"]/.test(body)) return undefined;
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}

/** The text of a body that is not JSON; of a page, its title. */
function plainText(body: string): string | undefined {
  if (!/^\s*</.test(body)) return text(body);
  for (const tag of ["title", "h1", "body"]) {
    const found = text(contentOf(body, tag));
    if (found !== undefined) return found;
  }
  return "a page of HTML";
}

/** What stands between the tags of the first such element, without the tags in it. */
function contentOf(page: string, tag: string): string | undefined {
  const head = page.slice(0, 20_000);
  const lower = head.toLowerCase();
  const opened = lower.indexOf(`<${tag}`);
  const from = opened < 0 ? -1 : lower.indexOf(">", opened);
  if (from < 0) return undefined;
  const to = lower.indexOf(`</${tag}`, from);
  return head
    .slice(from + 1, to < 0 ? undefined : to)
    .split("<")
    .map((part, i) => (i === 0 ? part : part.slice(part.indexOf(">") + 1)))
    .join(" ");
}

/** @returns the text in one line and of a sensible length */
function cut(long: string): string {
  const line = long
    .slice(0, 4 * LONGEST)
    .trim()
    .replace(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}...` : line;
}
