import { show } from "./fault.ts";

export const failureKinds = [
  "timeout",
  "connection_refused",
  "rate_limited",
  "temporarily_unavailable",
  "server_error",
  "conflict",
  "invalid_query",
  "bad_request",
  "authentication_failed",
  "not_found",
  "malformed_response",
  "content_filter",
  "context_overflow",
  "cancelled",
  "budget_exhausted",
  "circuit_open",
  "unscorable",
  "invalid_metric",
  "crash",
  "unknown",
] as const;
/** What the world said no with, in one word. */
export type FailureKind = (typeof failureKinds)[number];

/** The world said no: plain JSON, so it can be stored, counted and sent between machines. */
export interface Failure {
  readonly kind: FailureKind;
  /** For people, without secrets. */
  readonly message: string;
  /** HTTP status, where there was one. */
  readonly status?: number;
  /** What the server asked us to wait, in milliseconds from when the error was seen. */
  readonly retryAfterMs?: number;
  /** The foreign code: `ECONNRESET`, `context_length_exceeded`. */
  readonly code?: string;
}

type Details = { readonly [K in "status" | "retryAfterMs" | "code"]?: Failure[K] | undefined };

/** @example failure("timeout", "took longer than 50 ms") // => { kind: "timeout", message: "took longer than 50 ms" } */
export function failure(kind: FailureKind, message: string, { status, retryAfterMs, code }: Details = {}): Failure {
  return {
    kind,
    message: redact(message).slice(0, LONGEST_MESSAGE),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(code === undefined ? {} : { code }),
  };
}

const LONGEST_MESSAGE = 1000;

/** An Error that carries a Failure: `throw new FailureError("rate_limited", "the desk is busy", { retryAfterMs: 2000 })`. */
export class FailureError extends Error {
  override readonly name = "FailureError";
  readonly failure: Failure;

  constructor(kind: FailureKind, message: string, more?: Details) {
    super(redact(message));
    this.failure = failure(kind, message, more);
  }

  /** The thrown form of a failure that came as a value. */
  static of({ kind, message, ...more }: Failure): FailureError {
    return new FailureError(kind, message, more);
  }
}

/**
 * Whether another attempt could help, before any option has its say: timeouts, refused connections, rate limits, 408, 409, 429 and 5xx.
 * What nobody recognises is permanent.
 *
 * @example isRetryableByDefault(failure("conflict", "409", { status: 409 })) // => true
 */
export const isRetryableByDefault = ({ kind, status }: Failure): boolean =>
  retryableKinds.has(kind) || (kind === "unknown" && status !== undefined && retryableKinds.has(kindOfStatus(status)));

const retryableKinds: ReadonlySet<FailureKind> = new Set([
  "timeout",
  "connection_refused",
  "rate_limited",
  "temporarily_unavailable",
  "server_error",
  "conflict",
]);

/**
 * Whether a server may have done the work, and will ask for its money, although nobody saw its answer: it came too late, broke off or could
 * not be read, or whoever waited for it is gone.
 *
 * @example mayBeBilled(failure("timeout", "took longer than 50 ms")) // => true
 * @example mayBeBilled(failure("rate_limited", "429", { status: 429 })) // => false
 */
export const mayBeBilled = ({ kind, code = "" }: Failure): boolean =>
  billedKinds.has(kind) || /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/.test(code);

const billedKinds: ReadonlySet<FailureKind> = new Set(["timeout", "cancelled", "crash", "malformed_response"]);

/**
 * Classifies whatever was thrown, once, at the place where it was caught.
 *
 * Knows our `FailureError`, anything that names a kind (`throw "timeout"`, `{ kind: "rate_limited" }`), HTTP statuses, Node's and undici's
 * codes, `fetch`, aborted signals, and the errors of the AI SDK, OpenAI's and Anthropic's clients, all by their shape.
 *
 * @param nowMs milliseconds since 1970, to turn a Retry-After date into a delay
 * @example toFailure(new DOMException("too slow", "TimeoutError"), 0).kind // => "timeout"
 * @example toFailure({ status: 429, headers: { "retry-after": "2" } }, 0).retryAfterMs // => 2000
 */
export function toFailure(thrown: unknown, nowMs: number): Failure {
  return classify(thrown, nowMs, 0);
}

function classify(thrown: unknown, nowMs: number, depth: number): Failure {
  if (typeof thrown === "string") return failure(kindNamedBy(thrown) ?? "unknown", thrown);
  if (typeof thrown !== "object" || thrown === null) return failure("unknown", `threw ${show(thrown)}`);
  const error = thrown as Foreign;
  if (error.name === "FailureError" && isFailure(error.failure)) return error.failure;

  const inner = depth < DEEPEST_CAUSE ? innerErrorOf(error) : undefined;
  const cause = inner === undefined ? undefined : classify(inner, nowMs, depth + 1);
  if (isRetryError(error) && cause) return cause;

  const status = statusOf(error);
  const detail = detailOf(error);
  const code = [detail.code, error.code, cause?.code].find((each) => typeof each === "string");
  const more = { status, code, retryAfterMs: askedDelayMs(error, nowMs) ?? cause?.retryAfterMs };
  const message = messageOf(error, detail.message, cause);
  const kind =
    kindOf(error.kind) ??
    kindOfName(error) ??
    (status !== undefined && status >= 400 ? kindOfHttp(status, detail, message) : undefined) ??
    kindOfCode(error.code) ??
    [error.code, error.type, error.reason, error.error].map(kindOf).find((each) => each !== undefined) ??
    kindNamedBy(message);
  if (kind === "cancelled" && cause && cause.kind !== "unknown") return { ...cause, message };
  if (kind !== undefined) return failure(kind, message, more);
  if (cause && cause.kind !== "unknown")
    return failure(cause.kind, message, { ...more, status: status ?? cause.status });
  return failure(kindOfLastResort(error, status), message, more);
}

/** The fields by which other people's errors are known. */
interface Foreign {
  readonly [field: string]: unknown;
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
}

const DEEPEST_CAUSE = 6;
const fields = (value: unknown): Foreign => (typeof value === "object" && value !== null ? (value as Foreign) : {});
const kindOf = (value: unknown): FailureKind | undefined => failureKinds.find((kind) => kind === value);
const isFailure = (value: unknown): value is Failure =>
  kindOf(fields(value).kind) !== undefined && typeof fields(value).message === "string";

/** `timeout`, or `timeout: the model took too long`. */
const kindNamedBy = (text: string): FailureKind | undefined => kindOf(/^\s*([a-z_]+)\s*(?::|$)/.exec(text)?.[1]);

/** The AI SDK's sum of attempts; its last error says what went wrong. */
const isRetryError = (error: Foreign): boolean =>
  error.name === "AI_RetryError" || ("lastError" in error && Array.isArray(error.errors));

const innerErrorOf = (error: Foreign): unknown =>
  error.lastError ?? error.cause ?? (Array.isArray(error.errors) ? error.errors[0] : undefined);

function statusOf(error: Foreign): number | undefined {
  const response = fields(error.response);
  const candidates = [error.statusCode, error.status, response.status, response.statusCode];
  return candidates.find((each): each is number => Number.isInteger(each) && Number(each) >= 100 && Number(each) < 600);
}

const askedDelayMs = (error: Foreign, nowMs: number): number | undefined => {
  const own = error.retryAfterMs;
  if (typeof own === "number" && own >= 0) return own;
  for (const headers of [error.responseHeaders, error.headers, fields(error.response).headers]) {
    const asked = retryAfterMs(headers, nowMs);
    if (asked !== undefined) return asked;
  }
  return undefined;
};

/** What the server's JSON said: OpenAI's and Anthropic's `{ error: { message, type, code } }`, parsed by their clients or not. */
function detailOf(error: Foreign): ServerDetail {
  const response = fields(error.response);
  for (const body of [error.data, error.error, parsed(error.responseBody), error.body, response.data]) {
    const inner = fields(fields(body).error ?? body);
    const text = (key: string): string | undefined => (typeof inner[key] === "string" ? inner[key] : undefined);
    const found = { message: text("message"), code: text("code"), type: text("type") };
    if (found.message ?? found.code ?? found.type) return found;
  }
  return { message: undefined, code: undefined, type: undefined };
}

type ServerDetail = { readonly [K in "message" | "code" | "type"]: string | undefined };

function parsed(text: unknown): unknown {
  if (typeof text !== "string") return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function messageOf(error: Foreign, detail: string | undefined, cause: Failure | undefined): string {
  const own = typeof error.message === "string" ? error.message : "";
  const parts = [own, detail ?? "", cause?.message ?? ""].filter((part) => part !== "");
  const text = parts.filter((part, i) => !parts.slice(0, i).some((earlier) => earlier.includes(part))).join(": ");
  if (text !== "") return text;
  if (typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : show(error);
}

function kindOfHttp(status: number, { code, type }: ServerDetail, message: string): FailureKind {
  const words = `${code ?? ""} ${type ?? ""} ${message}`;
  if (status === 400 || status === 413 || status === 422) {
    if (/context_length_exceeded|maximum context length|context (window|size|length)|prompt is too long/i.test(words)) {
      return "context_overflow";
    }
    if (/content_filter|content_policy|content management policy/i.test(words)) return "content_filter";
  }
  return kindOfStatus(status);
}

function kindOfStatus(status: number): FailureKind {
  if (status === 408 || status === 504) return "timeout";
  if (status === 409) return "conflict";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "temporarily_unavailable";
  if (status === 401 || status === 403) return "authentication_failed";
  if (status === 404 || status === 410) return "not_found";
  if (status >= 500) return "server_error";
  return status >= 400 ? "bad_request" : "unknown";
}

const kindsOfNames: readonly (readonly [RegExp, FailureKind])[] = [
  [/^(TimeoutError|APIConnectionTimeoutError)$/, "timeout"],
  [/^(AbortError|APIUserAbortError)$/, "cancelled"],
  [
    /^(SyntaxError|AI_(InvalidResponseData|JSONParse|TypeValidation|EmptyResponseBody|NoContentGenerated)Error)$/,
    "malformed_response",
  ],
  [/^AI_LoadAPIKeyError$/, "authentication_failed"],
  [/^AI_NoSuchModelError$/, "not_found"],
  [/^AI_(InvalidPrompt|InvalidArgument|UnsupportedFunctionality|LoadSetting)Error$/, "bad_request"],
];

/** OpenAI's and Anthropic's classes keep the name `Error`; their constructors do not. */
function kindOfName(error: Foreign): FailureKind | undefined {
  const names = [error.name, (error as object).constructor?.name];
  return kindsOfNames.find(([pattern]) => names.some((name) => typeof name === "string" && pattern.test(name)))?.[1];
}

const kindsOfCodes: readonly (readonly [RegExp, FailureKind])[] = [
  [/^ECONNREFUSED$/, "connection_refused"],
  [/^(ETIMEDOUT|ESOCKETTIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, "timeout"],
  [/^(ABORT_ERR|UND_ERR_ABORTED)$/, "cancelled"],
  [/^(HPE_.*|UND_ERR_HEADERS_OVERFLOW)$/, "malformed_response"],
  [/^UND_ERR_(INVALID_.*|NOT_SUPPORTED|REQ_CONTENT_LENGTH_MISMATCH)$/, "bad_request"],
  [
    /^(ECONNRESET|ECONNABORTED|EPIPE|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ENETDOWN|UND_ERR_.*)$/,
    "temporarily_unavailable",
  ],
];

const kindOfCode = (code: unknown): FailureKind | undefined =>
  typeof code === "string" ? kindsOfCodes.find(([pattern]) => pattern.test(code))?.[1] : undefined;

/** No status, no code, no cause that says anything. */
function kindOfLastResort(error: Foreign, status: number | undefined): FailureKind {
  if (error.name === "TypeError" && /^(fetch failed|terminated)$/.test(String(error.message)))
    return "temporarily_unavailable";
  if (error.name !== "AI_APICallError") return "unknown";
  if (status !== undefined) return "malformed_response"; // a 2xx whose body could not be read
  return error.isRetryable === true ? "temporarily_unavailable" : "unknown";
}

/**
 * What the server asked us to wait: `retry-after-ms`, else `retry-after` as seconds or as any of HTTP's three dates.
 *
 * @param headers a `Headers` or a plain object, in any case
 * @returns milliseconds, at least 0; nothing where the header is absent or makes no sense
 * @see RFC 9110, 10.2.3 Retry-After and 5.6.7 Date/Time Formats
 * @example retryAfterMs({ "Retry-After": "1.5" }, 0) // => 1500
 */
export function retryAfterMs(headers: unknown, nowMs: number): number | undefined {
  const exact = decimal(headerOf(headers, "retry-after-ms"));
  if (exact !== undefined) return exact;
  const asked = headerOf(headers, "retry-after");
  const seconds = decimal(asked);
  if (seconds !== undefined) return seconds * 1000;
  if (asked === undefined || !/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(asked)) return undefined;
  const atMs = Date.parse(/GMT|UTC|[+-]\d{4}$/.test(asked) ? asked : `${asked} GMT`); // asctime names no zone and means UTC
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

const decimal = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;

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

const secrets: readonly (readonly [RegExp, string])[] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{6,}/gi, "$1 [redacted]"],
  [/\b(?:sk|pk|rk|gsk|hf|xai|ghp|gho|ghs|glpat|r8|xox[abp]|github_pat)[-_](?=[\w*-]*[\d*])[\w*-]{6,}/g, "[redacted]"],
  [/\b(?:AIza[\w-]{20,}|AKIA[0-9A-Z]{12,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)/g, "[redacted]"],
  [/(:\/\/)[^\s/@:]+:[^\s/@]+@/g, "$1[redacted]@"],
  [
    /((?:api[-_ ]?key|access[-_ ]?token|auth[-_ ]?token|secret|password)(?: provided)?["']?\s*[:=]\s*["']?)[^\s"',&[]{6,}/gi,
    "$1[redacted]",
  ],
  [/([?&](?:key|token|sig|signature)=)[^&\s"']+/gi, "$1[redacted]"],
];

/**
 * A text without what looks like a bearer token, an API key or a password.
 *
 * @example redact("401: Bearer abcdef123456 is wrong") // => "401: Bearer [redacted] is wrong"
 */
export const redact = (text: string): string =>
  secrets.reduce((kept, [pattern, replacement]) => kept.replace(pattern, replacement), text);
