/** Words for the reasons that statistics give when a number does not exist. */
const words: Readonly<Record<string, string>> = {
  empty: "no item has a value",
  "too-few": "too few items",
  "not-finite": "a value is not finite",
  "all-equal": "the values do not vary",
  "zero-mean": "the mean is 0",
  "no-discordant": "no item tells the conditions apart",
};

/** @example problemWords("too-few") // => "too few items" */
export const problemWords = (problem: string): string => words[problem] ?? problem.replaceAll("-", " ");
