/** Comparisons of one part with another that take some ten milliseconds, at 32 a step. */
const MOST = 200_000_000;

/** Why two texts are not compared part by part; nothing where they may be. */
export const tooLong = (a: number, b: number): string | undefined =>
  a * b > MOST ? `a reply of ${a} parts and a target of ${b} are too long to be compared part by part` : undefined;
