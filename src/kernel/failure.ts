/** What the world says no with: the value, how whatever was thrown becomes one, and what is read from foreign errors on the way. */
export {
  type Failure,
  FailureError,
  type FailureKind,
  failure,
  failureKinds,
  isRetryableByDefault,
  kindOfStatus,
  mayBeBilled,
} from "./failure-value.ts";
export { toFailure } from "./foreign-error.ts";
export { redact } from "./redact.ts";
export { durationMs, headerOf, LONGEST_WAIT_MS, retryAfterMs, timeOf } from "./retry-after.ts";
export { type ServerWords, serverWords } from "./server-words.ts";
