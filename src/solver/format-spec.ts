const form =
  /^(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<zero>0)?(?<width>\d{1,3})?(?<group>[,_])?(?:\.(?<precision>\d{1,2}))?(?<type>[sdfFeEgG%xXob])?$/su;

interface Form {
  readonly fill?: string;
  readonly align?: string;
  readonly sign?: string;
  readonly zero?: string;
  readonly width?: string;
  readonly group?: string;
  readonly precision?: string;
  readonly type?: string;
}

/**
 * A number or text by a format of Python, `[[fill]align][sign][0][width][grouping][.precision][type]` with the types d, f, e, g, %, x, o, b and
 * s; a digit that is exactly in the middle is rounded to even, as there.
 *
 * @returns nothing for an invalid format, or not one of such a value
 * @see https://docs.python.org/3/library/string.html#format-specification-mini-language
 * @example [formatted(1.005, ".2f"), formatted(0.125, ".2f"), formatted(1e6, ",d"), formatted("a", "*>3"), formatted("a", "d")] // => ["1.00", "0.12", "1,000,000", "**a", undefined]
 */
export function formatted(value: unknown, spec: string): string | undefined {
  const found = form.exec(spec)?.groups as Form | undefined;
  if (!found) return undefined;
  if (typeof value === "string") return formatText(value, found);
  return typeof value === "number" && Number.isFinite(value) ? formatNumber(value, found) : undefined;
}

function formatText(
  text: string,
  { type = "s", sign, group, zero, align = "<", fill = zero ?? " ", width, precision }: Form,
) {
  if (type !== "s" || sign !== undefined || group !== undefined || align === "=") return undefined;
  const shown = precision === undefined ? [...text] : [...text].slice(0, Number(precision));
  return pad(shown.join(""), shown.length, align, fill, width);
}

function formatNumber(
  value: number,
  { sign = "-", zero, align, fill, width, group, ...how }: Form,
): string | undefined {
  const digits = digitsOf(Math.abs(value), how);
  if (digits === undefined) return undefined;
  const shown =
    group === undefined ? digits : digits.replace(/^\d+/, (whole) => whole.replace(/\B(?=(?:\d{3})+$)/g, group));
  const front = value < 0 || Object.is(value, -0) ? "-" : sign === "-" ? "" : sign;
  const side = align ?? (zero ? "=" : ">");
  const filler = fill ?? (zero ? "0" : " ");
  if (side === "=") return front + pad(shown, shown.length + front.length, ">", filler, width);
  return pad(front + shown, shown.length + front.length, side, filler, width);
}

function pad(text: string, length: number, align: string, fill: string, width = "0"): string {
  const room = Math.max(0, Number(width) - length);
  const before = align === "<" ? 0 : align === ">" ? room : Math.floor(room / 2);
  return fill.repeat(before) + text + fill.repeat(room - before);
}

const radix: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };

function digitsOf(size: number, { type, precision }: Form): string | undefined {
  const places = Number(precision ?? 6);
  if (type === undefined) return precision === undefined ? String(size) : undefined;
  if (type in radix) {
    if (!Number.isInteger(size) || precision !== undefined) return undefined;
    const written = BigInt(size).toString(radix[type]);
    return type === "X" ? written.toUpperCase() : written;
  }
  if (type === "f" || type === "F") return fixed(size, places);
  if (type === "%") return `${fixed(size * 100, places)}%`;
  const written =
    type === "e" || type === "E" ? exponential(size, places) : type === "s" ? undefined : general(size, places);
  return type === "E" || type === "G" ? written?.toUpperCase() : written;
}

function fixed(size: number, places: number): string {
  if (size >= 1e21) return BigInt(size) + (places > 0 ? `.${"0".repeat(places)}` : "");
  return toEven(size.toFixed(places), size.toFixed(100), places);
}

function exponential(size: number, places: number): string {
  const [mantissa = "", power = ""] = size.toExponential(places).split("e");
  const [exact = ""] = size.toExponential(100).split("e");
  return `${toEven(mantissa, exact, places)}e${power[0]}${power.slice(1).padStart(2, "0")}`;
}

function general(size: number, digits: number): string {
  const places = Math.max(1, digits) - 1;
  const written = exponential(size, places);
  const power = Number(written.split("e")[1]);
  if (power >= -4 && power <= places) return bare(fixed(size, places - power));
  return written.replace(/^[^e]+/, bare);
}

const bare = (digits: string): string => (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits);

/** Digits that JavaScript rounded up in the exact middle, rounded to even. */
function toEven(rounded: string, exact: string, places: number): string {
  const end = exact.indexOf(".") + 1 + places;
  if (!/^50*$/.test(exact.slice(end))) return rounded;
  const below = exact.slice(0, end).replace(/\.$/, "");
  return Number(below.at(-1)) % 2 === 0 ? below : rounded;
}
