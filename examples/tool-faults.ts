/**
 * Two agents with the same tools, each without faults and at three levels of faults: the register is down, lies, or is overrun. Costs nothing and
 * needs no network: both models are scripts.
 *
 * crucible run examples/tool-faults.ts --yes
 */
import { defineExperiment } from "crucible-harness";
import { type Message, scripted } from "crucible-harness/backends";
import { exact } from "crucible-harness/scoring";
import { basicAgent, tool } from "crucible-harness/solver";
import { z } from "zod";

/** Inhabitants of forty made-up towns, on paper and in a register. */
const towns = Array.from({ length: 40 }, (_, i) => ({
  id: `town-${i + 1}`,
  town: `Town ${i + 1}`,
  people: 1200 + ((i * 7919) % 9000),
}));
const peopleOf = (town: string) => towns.find((each) => each.town === town)?.people;

const parameters = z.object({ town: z.string() });
const register = tool({
  name: "register",
  description: "Looks a town up in the register: its name and its inhabitants.",
  parameters,
  execute: ({ town }) => ({ town, people: peopleOf(town) }),
});
const archive = tool({
  name: "archive",
  description: "Reads what the archive has on a town. Slow, on paper, and never wrong.",
  parameters,
  execute: ({ town }) => ({ town, people: peopleOf(town) }),
});

const call = (name: string, args: Record<string, unknown>) => ({
  content: "",
  toolCalls: [{ id: `${name}-${JSON.stringify(args)}`, name, arguments: args }],
});
const townIn = (messages: readonly Message[]) =>
  /Town \d+/.exec(messages.find(({ role }) => role === "user")?.content ?? "")![0];
/** What a tool answered each time, in order; nothing for an error. */
const answersOf = (messages: readonly Message[], name: string) =>
  messages
    .filter((message) => message.role === "tool" && message.name === name)
    .map(({ content = "" }) => /"people":(\d+)/.exec(content)?.[1]);

/** Asks the register once and hands in whatever it says. */
const trusting = scripted(
  (messages) => {
    const [found, ...more] = answersOf(messages, "register");
    if (found !== undefined) return call("submit", { answer: found });
    return more.length === 0 && answersOf(messages, "register").length === 0
      ? call("register", { town: townIn(messages) })
      : call("submit", { answer: "I could not find out." });
  },
  { name: "trusting" },
);

/** Asks the register up to three times and the archive once, and hands in what the archive says where they disagree. */
const careful = scripted(
  (messages) => {
    const asked = answersOf(messages, "register");
    const found = asked.find((answer) => answer !== undefined);
    if (found === undefined && asked.length < 3) return call("register", { town: townIn(messages) });
    const [onPaper] = answersOf(messages, "archive");
    return onPaper === undefined ? call("archive", { town: townIn(messages) }) : call("submit", { answer: onPaper });
  },
  { name: "careful" },
);

const solver = basicAgent({ tools: [register, archive] });

export default defineExperiment({
  name: "tool faults",
  description: "What does an agent lose when its register is down, lies, or is overrun?",
  dataset: towns.map(({ id, town, people }) => ({
    id,
    input: `How many people live in ${town}?`,
    target: String(people),
  })),
  conditions: [
    { name: "trusting", solver, scorers: [exact()], backend: trusting },
    { name: "careful", solver, scorers: [exact()], backend: careful },
  ],
  faults: {
    clean: [],
    brokenTools: [{ target: "tool:register", fault: "error", probability: 0.5 }],
    lyingTools: [{ target: "tool:register", fault: "corrupt", fields: ["people"], probability: 0.4 }],
    overrun: [{ target: "backend", fault: "storm", probability: 0.2, retryAfterMs: 1 }],
  },
  metrics: ["accuracy"],
  config: { maxParallel: 20, errorHandling: { initialDelayMs: 1 } },
});
