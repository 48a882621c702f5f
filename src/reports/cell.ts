import type { Comparison, MetricAnalysis } from "#src/analysis/analysis";
import type { Estimate, Interval, Quantity } from "#src/analysis/quantity";
import { cut } from "./cut.ts";
import type { Cell } from "./report.ts";

/** How the numbers of a metric are printed. Chosen once per metric, so that columns align and every format agrees. */
export interface Scale {
  /** 100 for shares, else 1. */
  readonly factor: number;
  /** Digits after the point; -1 for powers of ten, in which all numbers of a metric are printed where one is very large. */
  readonly decimals: number;
  /** Behind a level: `%`, `ms`, nothing. */
  readonly unit: string;
  /** Behind a difference: `points`, `ms`, nothing. */
  readonly differenceUnit: string;
}

/**
 * The scale of a metric: yes-or-no metrics as percentages with digits enough to tell k of n from k + 1; all others with two digits of
 * their smallest standard error.
 *
 * @example at n = 1,319: `21.68`; at n = 164: `86.0`
 */
export function scaleOf({ metric, kind, summaries }: Pick<MetricAnalysis, "metric" | "kind" | "summaries">): Scale {
  if (kind === "binary") {
    const n = summaries.reduce((most, summary) => Math.max(most, summary.n), 0);
    return {
      factor: 100,
      decimals: Math.max(1, Math.ceil(Math.log10(Math.max(n, 1))) - 2),
      unit: "%",
      differenceUnit: "points",
    };
  }
  const unit = metric.unit ?? "";
  return { factor: 1, decimals: decimalsFor(summaries), unit, differenceUnit: unit };
}

function decimalsFor(summaries: MetricAnalysis["summaries"]): number {
  let error = Number.POSITIVE_INFINITY;
  let largest = 0;
  for (const { estimate, sem } of summaries) {
    if (estimate.value.ok) largest = Math.max(largest, Math.abs(estimate.value.value));
    const half = estimate.interval.ok
      ? (estimate.interval.value.high - estimate.interval.value.low) / 4
      : sem.ok
        ? sem.value
        : 0;
    const size = estimate.value.ok ? Math.abs(estimate.value.value) : 0;
    if (half > 1e-9 * size && half < error) error = half; // less is what rounding leaves of no spread
  }
  if (isHuge(largest)) return -1;
  if (Number.isFinite(error)) return clamp(1 - Math.floor(Math.log10(error)), 0, 8);
  return largest === 0 ? 1 : clamp(3 - Math.floor(Math.log10(largest)), 0, 8);
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** A text; a tone makes a verdict stand out. */
export const textCell = (text: string, tone?: "up" | "down" | "none"): Cell => ({
  kind: "text",
  text: cut(text, 2000),
  ...(tone ? { tone } : {}),
});

/** No number, and why: `n/a (one item)`. */
export const absentCell = (reason: string): Cell => ({ kind: "absent", text: `n/a (${reason})`, reason });

/** A count, in groups of three digits. */
export const countCell = (value: number): Cell => ({ kind: "number", text: count(value), value });

/** A whole number in groups of three digits. @example count(12345) // => "12,345" */
export const count = (value: number): string =>
  isHuge(value) ? value.toExponential(2) : String(value).replace(/^(-?\d{1,3})((?:\d{3})+)$/, grouped);

/** Whether a number is so large that it is printed as a power of ten. */
const isHuge = (value: number): boolean => Math.abs(value) >= 1e15;

const grouped = (_: string, first: string, rest: string): string => first + rest.replace(/\d{3}/g, ",$&");

/** A level of a metric. @example levelCell(ok(0.2168), { factor: 100, decimals: 2, unit: "%", differenceUnit: "points" }).text // => "21.68" */
export const levelCell = (quantity: Quantity, scale: Scale): Cell =>
  quantity.ok
    ? { kind: "number", text: level(quantity.value, scale), value: quantity.value }
    : absentCell(quantity.error);

/** A level with its interval: `21.68 [19.49, 24.01]`. */
export const estimateCell = (estimate: Estimate, scale: Scale): Cell =>
  withInterval(estimate, (value) => level(value, scale));

/** The same with its unit: `21.68 % [19.49, 24.01]`. */
export function levelText({ estimate }: { readonly estimate: Estimate }, scale: Scale): string {
  const { text } = estimateCell(estimate, scale);
  return scale.unit && estimate.value.ok ? text.replace(/(?= \[|$)/, ` ${scale.unit}`) : text;
}

/** A difference with its interval, with its sign: `+3.2 [+1.1, +5.3]`. */
export function differenceCell(
  { difference, same, alone }: Pick<Comparison, "difference" | "same"> & Partial<Pick<Comparison, "alone">>,
  scale: Scale,
): Cell {
  if (same) return { kind: "number", text: signed(plain(same.by * scale.factor)), value: same.by };
  const cell = withInterval(difference, (value) => signed(level(value, scale)));
  if (cell.kind !== "estimate" || !isAnother(difference.interval, alone)) return cell;
  const { low, high, level: confidence } = alone.value;
  return { ...cell, alone: { low, high, level: confidence } };
}

/** Whether a pair by itself has an interval other than that of its family. */
export const isAnother = (
  joint: Estimate["interval"],
  alone: Estimate["interval"] | undefined,
): alone is Extract<Estimate["interval"], { ok: true }> =>
  alone?.ok === true && !(joint.ok && isNear(joint.value, alone.value));

/** The same but for what the search of a level leaves. */
const isNear = (a: Interval, b: Interval): boolean =>
  Math.max(Math.abs(a.low - b.low), Math.abs(a.high - b.high)) <= 1e-6 * (b.high - b.low);

/** The digits of a number that has no error, as many as it has up to six. @example plain(0.008625) // => "0.008625" */
export const plain = (value: number): string => {
  const rounded = Number(value.toPrecision(6));
  return rounded !== 0 && Math.abs(rounded) < 1e-6 ? rounded.toExponential() : count(rounded);
};

/** A share in a sentence, three digits. @example shareWords(0.07216) // => "7.22 %" */
export const shareWords = (share: number): string => `${plain(Number((100 * share).toPrecision(3)))} %`;

/** A weight, three digits. @example weightOf(0.12345) // => "0.123" */
export const weightOf = (weight: number): string => plain(Number(weight.toPrecision(3)));

/** An effect size with its interval, two digits. Ratios and probabilities have no sign. */
export const effectCell = ({ effect, tested }: Pick<Comparison, "effect" | "tested">): Cell =>
  withInterval(effect, (value) =>
    tested === "effect" ? chance(value) : effect.name.includes("ratio") ? ratio(value) : signed(fixed(value, 2)),
  );

/** A probability of superiority. @example chance(0.634) // => ".63" */
export const chance = (value: number): string => fixed(value, 2).replace(/^0/, "");

/** A p-value for a table; all its digits are in `value`. @param isBound whether it is no more than that */
export const pCell = (quantity: Quantity, isBound = false): Cell =>
  quantity.ok
    ? { kind: "number", text: p(quantity.value, isBound), value: quantity.value }
    : absentCell(quantity.error);

/**
 * A p-value with three significant digits and no zero before the point, below .001 as a bound.
 *
 * @example p(0.00315) // => ".00315"
 * @example p(2.9412e-45) // => "<.001"
 * @example p(0.00499, true) // => "≤.00499"
 */
export function p(value: number, isBound = false): string {
  if (value < 0.001) return "<.001";
  if (value >= 0.9995) return "1";
  const decimals = value >= 0.1 ? 3 : 2 - Math.floor(Math.log10(Number(value.toPrecision(3))));
  return `${isBound ? "≤" : ""}${fixed(value, decimals).replace(/^0/, "")}`;
}

/** @example pWords(0.00002) // => "p < .001" */
export function pWords(value: number, isBound = false): string {
  const text = p(value, isBound);
  return /^[<≤]/.test(text) ? `p ${text[0]} ${text.slice(1)}` : `p = ${text}`;
}

/**
 * A number with the given digits after the point, zero without a sign; as a power of ten where those would be too many or show nothing.
 *
 * @example fixed(-0.001, 2) // => "0.00"
 * @example fixed(1.5e300, 2) // => "1.50e+300"
 */
export function fixed(value: number, decimals: number): string {
  const size = Math.abs(value);
  if (isHuge(value) || (decimals < 0 && size > 0) || (size > 0 && size < 1e-9)) return value.toExponential(2);
  const text = value.toFixed(Math.max(0, decimals));
  return /^-0(\.0*)?$/.test(text) ? text.slice(1) : text;
}

/** A plain amount with three significant digits, for seconds, rates and the like. */
export const amount = (value: number): string => {
  if (value === 0) return "0";
  if (Math.abs(value) >= 1000) return count(Math.round(value));
  return fixed(value, clamp(2 - Math.floor(Math.log10(Math.abs(value))), 0, 12));
};

/**
 * An amount of money with its currency: cents, and three significant digits below them.
 *
 * @example money(1234.5, "usd") // => "1,234.50 USD"
 * @example money(0.36, "usd") // => "0.36 USD"
 * @example money(0.008625, "") // => "0.00863"
 */
export function money(value: number, currency: string): string {
  const size = Math.abs(value);
  const unit = currency ? ` ${currency.toUpperCase()}` : "";
  if (isHuge(value)) return `${fixed(value, 2)}${unit}`;
  const decimals = size === 0 || size >= 1 ? 2 : clamp(2 - Math.floor(Math.log10(size)), 2, 12);
  const [whole, part] = fixed(value, decimals).split(".");
  const digits = part!.slice(0, 2) + part!.slice(2).replace(/0+$/, "");
  return `${count(Number(whole))}.${digits}${unit}`.replace(/^0(?=\.)/, whole!);
}

/** A rate. @example perSecond(0.256) // => "0.256/s" */
export const perSecond = (rate: number): string => `${amount(rate)}/s`;

/** The value of one item: whole numbers as they are. @example valueWords(1) // => "1" */
export const valueWords = (value: number): string => (Number.isInteger(value) ? count(value) : amount(value));

/** A share. @example percent(0.4567) // => "45.7 %" */
export const percent = (share: number): string =>
  `${share === 0 || share === 1 ? share * 100 : fixed(share * 100, 1)} %`;

/** A true minus sign before digits, as in print. @example minus("[-1, 2]") // => "[−1, 2]" */
export const minus = (text: string): string =>
  text.replace(/(^|[\s[(])-(?=\d)/g, "$1−").replace(/(\de)-(?=\d)/g, "$1−");

/** All digits that were asked for, none that multiplying made. @example exact(0.1 * 3) // => "0.3" */
export const exact = (value: number): string => String(Number(value.toPrecision(12)));

/** The digits of a level, in the scale's unit. */
export const level = (value: number, { factor, decimals }: Scale): string => fixed(value * factor, decimals);

const signed = (text: string): string => (/^-|^0(\.0*)?$/.test(text) ? text : `+${text}`);
const ratio = (value: number): string =>
  value >= 100 ? fixed(value, 0) : value >= 10 ? fixed(value, 1) : fixed(value, 2);

function withInterval({ value, interval }: Estimate, print: (value: number) => string): Cell {
  if (!value.ok) return absentCell(value.error);
  const text = print(value.value);
  if (!interval.ok) return { kind: "number", text, value: value.value };
  const { low, high } = interval.value;
  return { kind: "estimate", text: `${text} [${print(low)}, ${print(high)}]`, value: value.value, low, high };
}
