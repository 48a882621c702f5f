import type { Executor } from "./executor.ts";

/** An executor that starts attempts in its own way, and leaves everything else to the one inside. */
export const wrapExecutor = (inner: Executor, run: Executor["run"]): Executor => ({
  name: inner.name,
  run,
  open: async () => inner.open?.(),
  stored: (outcomes) => inner.stored?.(outcomes),
  intake: (state) => inner.intake?.(state),
  close: async () => inner.close?.(),
});
