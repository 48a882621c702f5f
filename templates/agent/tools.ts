import { tool } from "crucible-harness/solver";
import { z } from "zod";

const stock: Record<string, number> = { apples: 12, pears: 7, plums: 30, cherries: 55, figs: 4, dates: 18, limes: 9 };

/** What the agent may call. Arguments are checked before `execute` is called; an error goes to the model as text. */
export const countStock = tool({
  name: "count_stock",
  description: "How many of a fruit are in stock",
  parameters: z.object({ fruit: z.string() }),
  execute: ({ fruit }) => stock[fruit] ?? `unknown fruit: ${fruit}`,
});

/** Pairs of fruits whose stocks are to be added. */
export const questions = Object.keys(stock).flatMap((one, i, all) =>
  all.slice(i + 1, i + 3).map((other) => ({
    id: `${one}-${other}`,
    question: `How many ${one} and ${other} are in stock together?`,
    answer: String(stock[one]! + stock[other]!),
  })),
);
