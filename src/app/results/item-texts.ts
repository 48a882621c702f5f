import { toSample } from "#src/dataset/sample";
import { eachInSlices } from "#src/kernel/steps";
import { cut } from "#src/reports/cut";
import type { ItemTexts } from "#src/reports/report";
import type { RunStore } from "#src/store/store";

/** Fields that hold what a task is asked, where a row is not a sample. */
const inputs = ["text", "problem", "sentence", "instruction", "query", "content", "document", "context", "story"];
/** Fields that hold what is right. */
const targets = ["target", "answer", "expected", "label", "gold", "reference", "solution"];

/** Characters of an input or a target that are kept. */
const KEPT = 1000;

/**
 * What the items of a run ask and expect, as the store kept them; nothing where it did not.
 *
 * @param kept characters of an input or a target
 * @throws StoreError where one is damaged
 */
export function itemTexts(store: RunStore, kept = KEPT): (id: string) => Promise<ItemTexts | undefined> {
  let read: Promise<Map<string, ItemTexts>> | undefined;
  return async (id) => {
    read ??= readAll(store, kept);
    return (await read).get(id);
  };
}

async function readAll(store: RunStore, kept: number): Promise<Map<string, ItemTexts>> {
  const texts = new Map<string, ItemTexts>();
  await eachInSlices(store.items?.() ?? [], ({ id, row }) => {
    const { input = "", target } = textsOf(row);
    texts.set(id, { input: cut(input, kept), ...(target === undefined ? {} : { target: cut(target, kept) }) });
  });
  return texts;
}

/**
 * The input and the target of a row, as a sample has them; else by the names that data sets use; else all its fields.
 *
 * @example textsOf({ question: "2 + 2?", answer: "4" }) // => { input: "2 + 2?", target: "4" }
 * @example textsOf({ id: 7, text: "hello", lang: "en" }) // => { input: "hello" }
 * @example textsOf({ id: 7, a: 1, b: 2 }) // => { input: '{"a":1,"b":2}' }
 */
export function textsOf(row: unknown): ItemTexts {
  if (typeof row !== "object" || row === null) return { input: String(row) };
  const fields = row as Readonly<Record<string, unknown>>;
  const sample = sampleOf(row);
  const target = sample?.target ?? textIn(fields, targets);
  const input = sample?.input ?? textIn(fields, inputs) ?? JSON.stringify({ ...fields, id: undefined });
  return { input, ...(target === undefined || target === "" ? {} : { target }) };
}

function sampleOf(row: unknown): { input: string; target: string } | undefined {
  try {
    const { input, target, choices } = toSample(row, {}, "item");
    const asked =
      typeof input === "string" ? input : input.map(({ role, content }) => `${role}: ${content}`).join("\n");
    return { input: choices ? `${asked}\n${choices.join("\n")}` : asked, target: target.join(" or ") };
  } catch {
    return undefined; // a row that is not a sample is shown by its fields
  }
}

function textIn(fields: Readonly<Record<string, unknown>>, names: readonly string[]): string | undefined {
  const value = names.map((name) => fields[name]).find((one) => one !== undefined && one !== null);
  return value === undefined ? undefined : typeof value === "string" ? value : JSON.stringify(value);
}
