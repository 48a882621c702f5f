/** What `crucible init` writes. Every file of a template is one of the package, which is type-checked and run by a test. */
export interface Template {
  readonly about: string;
  /** Where a file is written, and which of the package it is. */
  readonly files: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** Packages beside this one, with their ranges. */
  readonly packages?: Readonly<Record<string, string>>;
  /** What is worth a look next. */
  readonly next: string;
}

const shared = { ".gitignore": "templates/shared/gitignore", "tsconfig.json": "templates/shared/tsconfig.json" };
const mails = { "mails.jsonl": "templates/functions/mails.jsonl" };
const ownFiles = (template: string, ...names: readonly string[]): Record<string, string> => ({
  ...Object.fromEntries(names.map((name) => [name, `templates/${template}/${name}`])),
  ...shared,
});
const scripts = {
  start: "crucible run experiment.ts --yes --formats markdown,html",
  estimate: "crucible estimate experiment.ts",
  view: "crucible view",
  types: "tsc",
};
const server = "to ask a real model set OPENAI_BASE_URL, OPENAI_API_KEY and OPENAI_MODEL";

export const templates: Readonly<Record<string, Template>> = {
  functions: {
    about: "compares functions of your own on the same data",
    files: { ...ownFiles("functions", "experiment.ts"), ...mails },
    scripts,
    next: "your own functions and data go into experiment.ts and mails.jsonl",
  },
  prompts: {
    about: "compares prompts with a server that speaks OpenAI's chat completions",
    files: ownFiles("prompts", "experiment.ts", "model.ts", "questions.jsonl"),
    scripts,
    next: `a scripted model answers in model.ts; ${server}`,
  },
  "ai-sdk": {
    about: "compares models of the Vercel AI SDK",
    files: ownFiles("ai-sdk", "experiment.ts", "scripted-model.ts"),
    scripts,
    next: "scripted models answer; put a provider's model in their place in experiment.ts",
  },
  agent: {
    about: "compares an agent with and without its tools",
    files: ownFiles("agent", "experiment.ts", "model.ts", "tools.ts"),
    scripts,
    packages: { zod: "^4" },
    next: `a scripted model works in model.ts; ${server}`,
  },
  ci: {
    about: "fails a build where quality falls below its gates",
    files: { ...ownFiles("ci", "experiment.ts", "classify.ts", ".github/workflows/experiment.yml"), ...mails },
    scripts: { ...scripts, test: "crucible run experiment.ts --yes --formats markdown,junit" },
    next: "npm test ends with exit code 100 where a gate is missed; .github/workflows/experiment.yml runs it",
  },
  supervision: {
    about: "supervises XState actors, without an experiment",
    files: { "main.ts": "examples/supervision-only.ts", ...shared },
    scripts: { start: "tsx main.ts", types: "tsc" },
    packages: { tsx: "^4", xstate: "^5" },
    next: "main.ts is a tree of three actors, two of which crash and come back",
  },
};

/** A `package.json` for a template. @param name of the folder, which becomes that of the package */
export function packageJsonFor({ scripts, packages = {} }: Template, name: string, version: string): string {
  const allowed = name
    .toLowerCase()
    .replace(/[^a-z0-9._~-]+/g, "-")
    .replace(/^[._-]+/, "")
    .slice(0, 200);
  const content = {
    name: allowed || "experiment",
    private: true,
    type: "module",
    scripts,
    dependencies: { "crucible-harness": `^${version}`, ...packages },
    devDependencies: { "@types/node": ">=20", typescript: ">=5.4" },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** The templates, a line each, for help. */
export function templateLines(): string[] {
  const width = Math.max(...Object.keys(templates).map((name) => name.length));
  return Object.entries(templates).map(([name, { about }]) => `  ${name.padEnd(width)}  ${about}`);
}
