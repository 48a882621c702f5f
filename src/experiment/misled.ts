import { apart, ConfigError, together } from "#src/kernel/errors";

/** Where a fault lies, and which other faults may have made it. */
const restOn: readonly (readonly [fault: RegExp, other: RegExp])[] = [
  [/\.reducer$/, /^repeat/],
  [/^(statisticalAnalysis|gates)/, /^statisticalAnalysis|\.factors/],
];

/** Does a check, and says nothing of what is wrong only because something else is. */
export function unlessMisled(check: () => void, faulty: readonly string[]): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const isMisled = ({ path }: ConfigError): boolean =>
      faulty.some(
        (other) =>
          path.startsWith(other) ||
          other.startsWith(path) ||
          restOn.some(([fault, cause]) => fault.test(path) && cause.test(other)),
      );
    const own = apart(error).filter((fault) => !isMisled(fault));
    if (own.length > 0) throw together(own);
  }
}
