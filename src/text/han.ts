import { remembered } from "#src/kernel/remember";

const hanUnits: Readonly<Record<string, bigint>> = { 十: 10n, 百: 100n, 千: 1000n, 万: 10_000n, 亿: 100_000_000n };

/** A Chinese numeral: with units (三十五), or digit by digit (二〇二四). */
export const fromHan = remembered(read, 1000, 20);

function read(numeral: string): bigint {
  const digits = [...numeral].map((sign) => (sign === "零" ? 0 : "〇一二三四五六七八九".indexOf(sign)));
  if (!digits.includes(-1)) return BigInt(digits.join(""));
  let sum = 0n;
  let section = 0n;
  let digit = 0n;
  for (const [i, sign] of [...numeral].entries()) {
    const unit = hanUnits[sign];
    if (unit === undefined) digit = BigInt(digits[i]!);
    else if (unit <= 1000n) [section, digit] = [section + (digit === 0n ? 1n : digit) * unit, 0n];
    else [sum, section, digit] = [(sum + section + digit) * unit, 0n, 0n];
  }
  return sum + section + digit;
}
