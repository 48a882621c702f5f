import { readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { err, ok } from "#src/kernel/result";

/** One `@example` of a docstring: its lines, without the comment's frame. */
interface Example {
  readonly file: string;
  readonly line: number;
  readonly code: readonly string[];
}

/** An expression and what it is said to give. */
const ASSERTION = /^(?<code>.*\S)\s*\/\/ => (?<value>.+?)\s*$/;

/** Stands for whatever is left open by `...` in a value. */
const OPEN = Symbol("...");

describe("examples in docstrings", () => {
  const examples = sourceFiles()
    .flatMap(examplesOf)
    .filter(({ code }) => code.some((line) => ASSERTION.test(line)));

  it("are found", () => {
    expect(examples.length).toBeGreaterThan(50);
  });

  for (const example of examples) {
    it(`${example.file}:${example.line} ${example.code.find((line) => ASSERTION.test(line))}`, () => run(example));
  }
});

describe("a value in an example", () => {
  it("must be met in full, but for what `...` leaves open and for the digits not written", () => {
    const meets = (actual: unknown, written: string): boolean => {
      try {
        compare(actual, evaluate(readable(written), {}));
        return true;
      } catch {
        return false;
      }
    };
    expect(meets({ a: 1, b: 2 }, "{ a: 1, ... }")).toBe(true);
    expect(meets({ a: 1, b: 2 }, "{ a: 1 }")).toBe(false);
    expect(meets({ a: 1, b: { c: 3, d: 4 } }, "{ a: 1, b: { c: 3, ... } }")).toBe(true);
    expect(meets({ a: 2, b: 2 }, "{ a: 1, ... }")).toBe(false);
    expect(meets([1, 2], "[1, 2]")).toBe(true);
    expect(meets([1, 2, 3], "[1, 2]")).toBe(false);
    expect(meets([1, 2, 3], "[1, 2, ...]")).toBe(true);
    expect(meets(0.92274561, "0.9227456")).toBe(true);
    expect(meets(0.9227466, "0.9227456")).toBe(false);
    expect(meets(2, "2")).toBe(true);
    expect(meets(2.4, "2")).toBe(false);
    expect(meets(Float64Array.of(1.5), "Float64Array [1.5]")).toBe(true);
    expect(meets(undefined, "undefined")).toBe(true);
    expect(meets(undefined, "null")).toBe(false);
  });
});

function sourceFiles(): string[] {
  return ["src", "actors", "supervisors"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts") && !name.endsWith(".d.ts"))
      .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
      .sort(),
  );
}

function examplesOf(file: string): Example[] {
  const text = readFileSync(file, "utf8");
  const examples: Example[] = [];
  for (const comment of text.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const firstLine = text.slice(0, comment.index).split("\n").length;
    let code: string[] | undefined;
    for (const [i, raw] of comment[0].split("\n").entries()) {
      const line = raw.replace(/^\s*(\/\*\*|\*(?!\/))? ?/, "").replace(/\s*\*\/$/, "");
      const tag = /^\s*@(\w+)\s?(.*)$/.exec(line);
      if (tag) {
        code = undefined;
        if (tag[1] !== "example") continue;
        code = tag[2] ? [tag[2]] : [];
        examples.push({ file, line: firstLine + i, code });
      } else if (code && !line.trimStart().startsWith("```")) code.push(line);
    }
  }
  return examples;
}

/** Runs the lines of an example one after the other and compares wherever a value is written. */
async function run({ file, code }: Example): Promise<void> {
  const scope = await scopeOf(file);
  const checked: [actual: unknown, written: string][] = [];
  const lines = code.map((line) => {
    const assertion = ASSERTION.exec(line)?.groups;
    if (!assertion) return line;
    const declared = /^(?:const|let) (\w+) = /.exec(assertion.code!)?.[1];
    const expression = assertion.code!.replace(/;$/, "");
    const check = (what: string): string => `$check(await (${what}), ${JSON.stringify(assertion.value)});`;
    return declared ? `${assertion.code}\n${check(declared)}` : check(expression);
  });
  const $check = (actual: unknown, written: string): void => void checked.push([actual, written]);
  await evaluateAsync(lines.join("\n"), { ...scope, $check });
  expect(checked.length).toBeGreaterThan(0);
  for (const [actual, written] of checked) compare(actual, evaluate(readable(written), scope));
}

const scopes = new Map<string, Promise<Record<string, unknown>>>();

/** What a reader of the file has at hand: its public names, those that it imports, and the two words for a Result. */
function scopeOf(file: string): Promise<Record<string, unknown>> {
  const scope = scopes.get(file) ?? readScope(file);
  scopes.set(file, scope);
  return scope;
}

async function readScope(file: string): Promise<Record<string, unknown>> {
  const scope: Record<string, unknown> = { ok, err };
  const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.Latest);
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || statement.importClause?.isTypeOnly) continue;
    const bindings = statement.importClause?.namedBindings;
    if (!bindings || !ts.isNamedImports(bindings)) continue;
    const values = bindings.elements.filter((element) => !element.isTypeOnly);
    if (values.length === 0) continue;
    const module = await moduleOf((statement.moduleSpecifier as ts.StringLiteral).text, file);
    for (const { name, propertyName } of values) scope[name.text] = module[(propertyName ?? name).text];
  }
  return { ...scope, ...(await moduleOf(pathToFileURL(resolve(file)).href, file)) };
}

function moduleOf(specifier: string, from: string): Promise<Record<string, unknown>> {
  const inHouse = /^#(src|actors|supervisors)\/(.*)$/.exec(specifier);
  const path = inHouse ? resolve(inHouse[1]!, `${inHouse[2]}.ts`) : resolve(from, "..", specifier);
  const target = inHouse || specifier.startsWith(".") ? pathToFileURL(path).href : specifier;
  return import(/* @vite-ignore */ target) as Promise<Record<string, unknown>>;
}

const javaScript = (code: string): string =>
  ts.transpileModule(code, { compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext } })
    .outputText;

/** Runs code with some names in scope. */
function evaluateAsync(code: string, scope: Readonly<Record<string, unknown>>): Promise<void> {
  const AsyncFunction = (async () => {}).constructor as new (
    ...source: string[]
  ) => (...values: unknown[]) => Promise<void>;
  return new AsyncFunction(...Object.keys(scope), javaScript(code))(...Object.values(scope));
}

function evaluate(expression: string, scope: Readonly<Record<string, unknown>>): unknown {
  const names = { ...scope, $open: OPEN };
  return new Function(...Object.keys(names), `return (${expression});`)(...Object.values(names));
}

/** A written value as an expression: `...` before a closing bracket leaves the rest open, `Float64Array [1]` is one. */
const readable = (written: string): string =>
  written
    .replace(/,?\s*\.\.\.\s*\}/g, ", [$open]: true }")
    .replace(/\{\s*,/g, "{")
    .replace(/,?\s*\.\.\.\s*\]/g, ", $open]")
    .replace(/\[\s*,/g, "[")
    .replace(/\b(\w+Array) \[/g, "$1.from([")
    .replace(/(\w+Array\.from\(\[[^\]]*\])/g, "$1)");

/** Fails unless `actual` is what was written. */
function compare(actual: unknown, written: unknown): void {
  if (typeof written === "number" && typeof actual === "number" && Number.isFinite(written)) {
    expect(Math.abs(actual - written), `${actual} is not ${written}`).toBeLessThanOrEqual(toleranceOf(written));
  } else if (typeof written !== "object" || written === null || ArrayBuffer.isView(written)) {
    expect(actual).toEqual(written);
  } else if (Array.isArray(written)) {
    const known = written.filter((each) => each !== OPEN);
    const list = actual as unknown[];
    expect(list).toBeInstanceOf(Array);
    if (known.length === written.length) expect(list).toHaveLength(known.length);
    for (const [i, each] of known.entries()) compare(list[i], each);
  } else {
    expect(actual).toBeTypeOf("object");
    const [has, should] = [actual as Record<string, unknown>, written as Record<string, unknown>];
    if (!(OPEN in written)) expect(Object.keys(has).sort()).toEqual(Object.keys(should).sort());
    for (const [key, each] of Object.entries(should)) compare(has[key], each);
  }
}

/** Half a unit of the last digit that was written, or a few units in the last place of a double. */
function toleranceOf(written: number): number {
  const [digits = "", exponent = "0"] = String(written).split("e");
  const decimals = digits.split(".")[1]?.length;
  const half = decimals === undefined ? 0 : 0.5 * 10 ** (Number(exponent) - decimals);
  return Math.max(half, 1e-12 * Math.abs(written), 1e-15);
}
