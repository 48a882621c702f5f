/**
 * Two models of the Vercel AI SDK on the same questions. Here both are scripted, so that it runs offline. A real one stands in the same
 * place: `npm install @ai-sdk/openai`, then `openai("gpt-4o-mini")` for `scriptedModel(...)`.
 */
import { defineExperiment } from "crucible-harness";
import { aiSdk } from "crucible-harness/backends/ai-sdk";
import { includes } from "crucible-harness/scoring";
import { chain, generate, systemMessage } from "crucible-harness/solver";
import { scriptedModel } from "./scripted-model.ts";

const capitals = {
  France: "Paris",
  Italy: "Rome",
  Spain: "Madrid",
  Japan: "Tokyo",
  Kenya: "Nairobi",
  Egypt: "Cairo",
  Peru: "Lima",
  Chile: "Santiago",
  Canada: "Ottawa",
  Australia: "Canberra",
  Turkey: "Ankara",
  Brazil: "Brasilia",
  Switzerland: "Bern",
  Vietnam: "Hanoi",
};
const largest: Record<string, string> = {
  Canada: "Toronto",
  Australia: "Sydney",
  Turkey: "Istanbul",
  Brazil: "Sao Paulo",
  Switzerland: "Zurich",
  Vietnam: "Ho Chi Minh City",
};
const countryIn = (question: string): string => question.match(/of (\w+)/)?.[1] ?? "";
const known = (country: string): string => capitals[country as keyof typeof capitals] ?? "I do not know";

const models = {
  small: scriptedModel("small", (question) => largest[countryIn(question)] ?? known(countryIn(question))),
  large: scriptedModel("large", (question) => `The capital is ${known(countryIn(question))}.`),
};

export default defineExperiment({
  name: "Two models of the AI SDK",
  dataset: Object.entries(capitals).map(([country, city]) => ({
    id: country,
    question: `What is the capital of ${country}?`,
    answer: city,
  })),
  conditions: Object.entries(models).map(([name, model]) => ({
    name,
    solver: chain(systemMessage("Answer in one sentence."), generate()),
    scorers: [includes()],
    backend: aiSdk(model),
  })),
  metrics: ["accuracy", { name: "tokens", direction: "lower" }],
  statisticalAnalysis: { baseline: "small" },
});
