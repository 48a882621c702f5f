import { redact } from "./redact.ts";

export const failureKinds = [
  "timeout",
  "connection_refused",
  "rate_limited",
  "quota_exhausted",
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
    message: redact(message.slice(0, LONGEST_FOREIGN)).slice(0, LONGEST_MESSAGE),
    ...(status === undefined ? {} : { status }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(code === undefined ? {} : { code }),
  };
}

const LONGEST_MESSAGE = 1000;
/** Cut before it is redacted, with room for a secret that begins within what is kept. */
const LONGEST_FOREIGN = 8000;

/** An Error that carries a Failure: `throw new FailureError("rate_limited", "the desk is busy", { retryAfterMs: 2000 })`. */
export class FailureError extends Error {
  override readonly name = "FailureError";
  readonly failure: Failure;

  constructor(kind: FailureKind, message: string, more?: Details) {
    const failed = failure(kind, message, more);
    super(failed.message);
    this.failure = failed;
  }

  /** The thrown form of a failure that came as a value. */
  static of({ kind, message, ...more }: Failure): FailureError {
    return new FailureError(kind, message, more);
  }
}

/**
 * Whether another attempt could help, before any option has its say: timeouts, refused connections, rate limits, 408, 409, 429 and 5xx.
 * Unrecognised errors are permanent.
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
 * Whether a server may have done the work, and will charge for it, although its answer was not received: it came too late, broke off or could
 * not be read, or the caller has stopped waiting.
 *
 * @example mayBeBilled(failure("timeout", "took longer than 50 ms")) // => true
 * @example mayBeBilled(failure("rate_limited", "429", { status: 429 })) // => false
 */
export const mayBeBilled = ({ kind, code = "" }: Failure): boolean =>
  billedKinds.has(kind) || /^(ECONNRESET|ECONNABORTED|EPIPE|UND_ERR_SOCKET)$/.test(code);

const billedKinds: ReadonlySet<FailureKind> = new Set(["timeout", "cancelled", "crash", "malformed_response"]);

/**
 * What an HTTP status says where nothing else does.
 *
 * @example kindOfStatus(402) // => "quota_exhausted"
 */
export function kindOfStatus(status: number): FailureKind {
  if (status === 408 || status === 504) return "timeout";
  if (status === 402) return "quota_exhausted"; // payment required
  if (status === 409) return "conflict";
  if (status === 429) return "rate_limited";
  if (status === 503 || status === 529) return "temporarily_unavailable";
  if (status === 401 || status === 403) return "authentication_failed";
  if (status === 404 || status === 410) return "not_found";
  if (status >= 500) return "server_error";
  return status >= 400 ? "bad_request" : "unknown";
}
