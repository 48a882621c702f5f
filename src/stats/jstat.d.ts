/** jstat has no types of its own; this names what is used of it: `corrcoeff` in correlation.ts, the others as a second opinion in tests. */
declare module "jstat" {
  const jstat: {
    corrcoeff(x: readonly number[], y: readonly number[]): number;
    ibeta(x: number, a: number, b: number): number;
    erfc(x: number): number;
  };
  export = jstat;
}
