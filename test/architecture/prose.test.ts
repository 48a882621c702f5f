import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";

/** Idioms that a native engineer does not write, each with the words of the field that replace it. Comments, messages and documents are read alike. */
const idioms: readonly (readonly [RegExp, string])[] = [
  [/\bnobody\b/i, "name the actor: no worker, no caller; or say that a value is unknown"],
  [/\bwhoever\b/i, "name the actor: the caller, the worker"],
  [/\banew\b/i, "again"],
  [/\bfor ever\b/i, "forever"],
  [/\b(goes|went|going) on\b/i, "resumes, continues, is active"],
  [/\b(that|which|it) (is|are) none\b/i, "invalid, unknown"],
  [/(?<!there )\b(is|was) no (?!longer|more|less|such|better|larger|slower|matter|spent)\w/i, "is not a ..."],
  [/\bthere is no such thing\b/i, "unknown ..."],
  [/\bin the same breath\b/i, "synchronously"],
  [/\b(told of|hears? of|heard of)\b/i, "called with, receives, is notified of"],
  [/\b(came|comes?) to (its|their) (own )?end\b/i, "ends, completes, is complete"],
  [/(?<!\bnot )\bso many (?!(that|of)\b)\w/i, "this many, the given number of"],
  [/\bbelongs? into\b/i, "belongs in"],
  [/\bdearest\b/i, "most expensive"],
  [/\bin vain\b/i, "without effect"],
  [/\bhas other worries\b|\blets? alone\b|\bsays? goodbye\b/i, "say what happens"],
];

const sources = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") || name.endsWith(".md"))
    .map((name) => `${folder}/${name}`);
const documents = readdirSync(".").filter((name) => name.endsWith(".md"));
const files = [...["src", "actors", "supervisors", "examples", "docs"].flatMap(sources), ...documents];

it("documents, comments and messages say it in the field's own words", () => {
  const offences = files.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line, n) =>
        idioms.flatMap(([idiom, instead]) => {
          const found = idiom.exec(line)?.[0];
          return found === undefined ? [] : [`${file}:${n + 1} "${found}": ${instead}`];
        }),
      ),
  );
  expect(files.length).toBeGreaterThan(400);
  expect(offences).toEqual([]);
});

it("is broken by each idiom", () => {
  const examples = [
    "nobody knows",
    "for whoever asks",
    "begins anew",
    "lasts for ever",
    "the run goes on",
    "a value that is none",
    "a file that is no store",
    "there is no such thing",
    "in the same breath",
    "told of every row",
    "the run came to its end",
    "below so many items",
    "belong into it",
    "the dearest attempt",
    "waits in vain",
    "it has other worries",
  ];
  expect(idioms.map(([idiom], n) => idiom.test(examples[n]!))).toEqual(idioms.map(() => true));
});
