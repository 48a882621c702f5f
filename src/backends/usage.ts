/** Tokens of a call. The finer counts are parts of the coarser ones and are never added to them. */
export interface Usage {
  /** All tokens read, those from a cache included. */
  readonly promptTokens: number;
  /** All tokens written, hidden reasoning included. */
  readonly completionTokens: number;
  readonly totalTokens: number;
  /** The part of `promptTokens` that came from the provider's cache. */
  readonly cacheReadTokens?: number | undefined;
  /** The part of `promptTokens` that was written to the provider's cache. */
  readonly cacheWriteTokens?: number | undefined;
  /** The part of `completionTokens` that was hidden reasoning. */
  readonly reasoningTokens?: number | undefined;
}

/** Counts as a provider reports them: which include which is not said. */
export interface ReportedUsage {
  readonly prompt?: number | undefined;
  readonly completion?: number | undefined;
  readonly total?: number | undefined;
  readonly reasoning?: number | undefined;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

/**
 * What a provider reported, in counts that add up: whether reasoning is part of the completion (OpenAI) or stands beside it (xAI, Gemini),
 * and cached tokens within the prompt or beside it (Anthropic), is decided by which of them gives the total. Without a total a part that is
 * larger than its whole stands beside it. What a larger total leaves over was written too.
 *
 * @returns nothing where neither prompt nor completion nor total was reported; the total is the sum of the other two
 * @example settleUsage({ prompt: 32, completion: 9, total: 135, reasoning: 94 })?.completionTokens // => 103
 * @example settleUsage({ prompt: 32, completion: 103, total: 135, reasoning: 94 })?.completionTokens // => 103
 */
export function settleUsage(reported: ReportedUsage): Usage | undefined {
  const { prompt, completion, total, reasoning, cacheRead, cacheWrite } = reported;
  if ((prompt ?? completion ?? total) === undefined) return undefined;
  const [read, written] = wholes(reported);
  return {
    promptTokens: read,
    completionTokens: written,
    totalTokens: read + written,
    ...(cacheRead === undefined ? {} : { cacheReadTokens: cacheRead }),
    ...(cacheWrite === undefined ? {} : { cacheWriteTokens: cacheWrite }),
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
  };
}

/** All that was read, and all that was written. */
function wholes({
  prompt,
  completion,
  total,
  reasoning = 0,
  cacheRead = 0,
  cacheWrite = 0,
}: ReportedUsage): [number, number] {
  const cached = cacheRead + cacheWrite;
  const read = prompt ?? Math.max(0, (total ?? 0) - (completion ?? 0));
  const written = completion ?? Math.max(0, (total ?? read) - read);
  const possible: readonly [number, number][] = [
    [read, written],
    [read, written + reasoning],
    [read + cached, written],
    [read + cached, written + reasoning],
  ];
  const fitting = possible.find(([all, out]) => all + out === total && cached <= all && reasoning <= out);
  if (fitting) return fitting;
  const least: [number, number] = [
    cached > read ? read + cached : read,
    reasoning > written ? written + reasoning : written,
  ];
  return total !== undefined && total > least[0] + least[1] ? [least[0], total - least[0]] : least;
}

/** The sum of two usages, part by part; an unknown one leaves the other as it is. */
export function addUsage(a: Usage | undefined, b: Usage | undefined): Usage | undefined {
  if (!a || !b) return a ?? b;
  const part = (key: "cacheReadTokens" | "cacheWriteTokens" | "reasoningTokens"): Partial<Usage> =>
    a[key] === undefined && b[key] === undefined ? {} : { [key]: (a[key] ?? 0) + (b[key] ?? 0) };
  return {
    promptTokens: a.promptTokens + b.promptTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    totalTokens: a.totalTokens + b.totalTokens,
    ...part("cacheReadTokens"),
    ...part("cacheWriteTokens"),
    ...part("reasoningTokens"),
  };
}
