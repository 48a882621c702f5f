/** Statistics for comparing conditions: pure functions of numbers, each with its source. `import { ... } from "crucible-harness/stats"`. */

// More than two conditions
export * from "./anova.ts";
export * from "./bootstrap.ts";
export * from "./chi-squared.ts";
export * from "./cluster.ts";
export * from "./contingency.ts";
export * from "./correlation.ts";
export * from "./descriptives.ts";
// Distributions
export * from "./distributions.ts";
export * from "./dunnett.ts";
// How large, how sure, how many
export * from "./effect-size.ts";
export * from "./equivalence.ts";
export * from "./fisher.ts";
export * from "./incomplete-beta.ts";
export * from "./incomplete-gamma.ts";
export * from "./mann-whitney.ts";
export * from "./mcnemar.ts";
export * from "./moments.ts";
export * from "./multiplicity.ts";
export * from "./noncentral.ts";
export * from "./pairwise.ts";
export * from "./pass-at-k.ts";
export * from "./permutation.ts";
export * from "./power.ts";
export * from "./power-proportion.ts";
// Independent samples
export * from "./proportion.ts";
export * from "./rank-omnibus.ts";
// Samples and what they look like
export * from "./sample.ts";
export * from "./sequential.ts";
// Diagnostics
export * from "./shapiro-wilk.ts";
export * from "./signed-rank.ts";
export * from "./special.ts";
export * from "./studentized-range.ts";
// Conditions on the same items
export * from "./t-test.ts";
export * from "./tails.ts";
export * from "./two-proportions.ts";
export * from "./variance-tests.ts";
