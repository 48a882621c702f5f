/** jstat has no types of its own; this names the one function that is used. */
declare module "jstat" {
  const jstat: { corrcoeff(x: readonly number[], y: readonly number[]): number };
  export = jstat;
}
