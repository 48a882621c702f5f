import { ConfigError } from "#src/kernel/errors";
import { err, ok, type Result } from "#src/kernel/result";

/** OTP's word for what is wrong with a child spec. */
export type SpecReason =
  | "missing_id"
  | "missing_start"
  | { readonly [word: `invalid_${string}`]: unknown }
  | { readonly duplicate_child_name: string }
  | { readonly bad_combination: readonly [object, object] };

/** OTP's word for why a supervisor did not start. */
export type BootReason =
  | { readonly supervisor_data: { readonly [word: `invalid_${string}`]: unknown } }
  | { readonly supervisor_data: { readonly bad_combination: readonly [object, object] } }
  | { readonly start_spec: SpecReason }
  | { readonly bad_start_spec: unknown }
  | { readonly bad_return: unknown };

/** A wrong flag or child spec: OTP's reason, and a sentence with path, law and value. */
export class SpecError<R = SpecReason> extends ConfigError {
  /** The reason as OTP gives it. */
  reason: R;

  constructor(reason: R, path: string, law: string, value?: unknown, suggestion?: string) {
    super(path, law, value, suggestion);
    this.reason = reason;
  }
}

/** What a check returns, or the `SpecError` that it throws. */
// biome-ignore lint/suspicious/noExplicitAny: each check knows its reasons
export function attempt<T>(check: () => T): Result<T, SpecError<any>> {
  try {
    return ok(check());
  } catch (error) {
    if (error instanceof SpecError) return err(error);
    throw error;
  }
}

/** What a supervisor without options says, in the word that OTP has for an init that returns none. */
export const noOptions = (options: unknown): SpecError<BootReason> =>
  new SpecError(
    { bad_return: options },
    "the options of a supervisor",
    "must be an object: { strategy, children, ... }",
    options,
  );
