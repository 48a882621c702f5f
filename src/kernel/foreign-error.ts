import { kindOfWords } from "./error-words.ts";
import { show } from "./errors.ts";
import { type Failure, FailureError, type FailureKind, failure, failureKinds, kindOfStatus } from "./failure-value.ts";
import { redact } from "./redact.ts";
import { delayInWords, retryAfterMs } from "./retry-after.ts";
import { type ServerWords, serverWords } from "./server-words.ts";

/**
 * Classifies whatever was thrown, once, at the place where it was caught.
 *
 * Knows our `FailureError`, anything that names a kind (`throw "timeout"`, `{ kind: "rate_limited" }`), HTTP statuses, Node's and undici's
 * codes, `fetch`, aborted signals, and the errors of the AI SDK, OpenAI's and Anthropic's clients, all by their shape. It never throws,
 * whatever it is given: what cannot be read is `unknown`.
 *
 * @param nowMs milliseconds since 1970, to turn a Retry-After date into a delay
 * @example toFailure(new DOMException("too slow", "TimeoutError"), 0).kind // => "timeout"
 * @example toFailure({ status: 429, headers: { "retry-after": "2" } }, 0).retryAfterMs // => 2000
 */
export function toFailure(thrown: unknown, nowMs: number): Failure {
  try {
    return classify(thrown, nowMs, 0);
  } catch (unreadable) {
    return failure("unknown", `threw something that cannot be read${wordsOf(thrown) ?? wordsOf(unreadable) ?? ""}`);
  }
}

/** What can still be read of an error one of whose fields throws, a proxy that was revoked. */
function wordsOf(error: unknown): string | undefined {
  try {
    const { message } = error as { message?: unknown };
    return typeof message === "string" && message !== ""
      ? ` (${redact(message.slice(0, 8 * LONGEST_WORDS)).slice(0, LONGEST_WORDS)})`
      : undefined;
  } catch {
    return undefined;
  }
}

const LONGEST_WORDS = 1000;

function classify(thrown: unknown, nowMs: number, depth: number): Failure {
  if (typeof thrown === "string") return failure(kindNamedBy(thrown) ?? "unknown", thrown);
  if (typeof thrown !== "object" || thrown === null) return failure("unknown", `threw ${show(thrown)}`);
  const error = thrown as Foreign;
  if (thrown instanceof FailureError) return thrown.failure;
  if (error.name === "FailureError" && isFailure(error.failure)) return ownFailure(error.failure); // of another copy of this library

  const inner = depth < DEEPEST_CAUSE ? innerErrorOf(error) : undefined;
  const cause = inner === undefined ? undefined : classify(inner, nowMs, depth + 1);
  if (isRetryError(error) && cause) return cause;

  const detail = detailOf(error);
  const status = statusOf(error) ?? detail.status;
  const code = [detail.code, error.code, cause?.code].find((each) => typeof each === "string");
  const more = { status, code, retryAfterMs: askedDelayMs(error, detail, nowMs) ?? cause?.retryAfterMs };
  const message = messageOf(error, detail.message, cause);
  const kind =
    kindOf(error.kind) ??
    kindOfName(error) ??
    kindOfServer(status, detail, message, more.retryAfterMs) ??
    kindOfCode(error.code) ??
    [error.code, error.type, error.reason, error.error].map(kindOf).find((each) => each !== undefined) ??
    kindNamedBy(message) ??
    kindOf(error.fallback);
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

/** A failure that others made: with its message cut and without secrets, and nothing but its own fields. */
function ownFailure({ kind, message, status, retryAfterMs, code }: Failure): Failure {
  return failure(kind, message, {
    status: Number.isInteger(status) ? status : undefined,
    retryAfterMs: typeof retryAfterMs === "number" && retryAfterMs >= 0 ? retryAfterMs : undefined,
    code: typeof code === "string" ? code : undefined,
  });
}

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

/** What the server asks us to wait: by its headers, in its body, in its words, or until a limit that is used up is full again. */
function askedDelayMs(
  error: Foreign,
  { retryAfterMs: inBody, message }: ServerWords,
  nowMs: number,
): number | undefined {
  const own = error.retryAfterMs;
  if (typeof own === "number" && own >= 0) return own;
  for (const headers of [error.responseHeaders, error.headers, fields(error.response).headers]) {
    const asked = retryAfterMs(headers, nowMs);
    if (asked !== undefined) return asked;
  }
  const inWords = message === undefined ? undefined : delayInWords(message);
  return inBody ?? inWords ?? (typeof error.resetAfterMs === "number" ? error.resetAfterMs : undefined);
}

/** What the server's body said, parsed by its client or not. */
function detailOf(error: Foreign): ServerWords {
  const response = fields(error.response);
  for (const body of [error.data, error.error, error.responseBody, error.body, response.data]) {
    const found = body === undefined || body === null || body === "" ? {} : serverWords(body);
    if (found.message ?? found.code ?? found.type) return found;
  }
  return {};
}

function messageOf(error: Foreign, detail: string | undefined, cause: Failure | undefined): string {
  const own = typeof error.message === "string" ? error.message : "";
  const parts = [own, detail ?? "", cause?.message ?? ""].filter((part) => part !== "");
  const text = parts.filter((part, i) => !parts.slice(0, i).some((earlier) => earlier.includes(part))).join(": ");
  if (text !== "") return text;
  if (typeof error.code === "string") return error.code;
  return error instanceof Error ? error.name : show(error);
}

/** What a server says about an error counts more than the status that it comes with. */
function kindOfServer(
  status: number | undefined,
  detail: ServerWords,
  message: string,
  asked: number | undefined,
): FailureKind | undefined {
  const isError = status !== undefined && status >= 400;
  if (!isError && detail.message === undefined && detail.code === undefined) return undefined;
  const words = `${detail.code ?? ""} ${detail.type ?? ""} ${detail.message ?? message}`;
  return kindOfWords(words, asked !== undefined) ?? (isError ? kindOfStatus(status) : undefined);
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
