/**
 * The last step of the build: writes the sentence and the default of every option into the declarations, where an editor reads them.
 *
 *     npm run build
 *
 * A schema says what an option does by `describe`; the compiler carries a comment of a schema's member through to the types that are made
 * from it, and `describe` it does not know. The comment goes before the member on its own line, so that no line moves.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import ts from "typescript";

const dist = resolve(import.meta.dirname, "../dist");
/** Ends a file that has its comments. */
const DONE = "// sentences of options are those of the schemas";

for (const file of readdirSync(dist, { recursive: true })) {
  if (!file.endsWith(".d.ts")) continue;
  const path = join(dist, file);
  const text = readFileSync(path, "utf8");
  if (!text.includes("z.ZodObject<{") || text.includes(DONE)) continue;
  const schemas = await import(pathToFileURL(path.replace(/\.d\.ts$/, ".js")));
  const comments = [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, type } of statement.declarationList.declarations) {
      const schema = schemas[name.getText()];
      if (type && schema?._zod) comment(type, schema, comments);
    }
  }
  if (comments.length > 0) writeFileSync(path, inserted(text, comments));
}

/** Collects the comments of a schema's members, and of those below them. */
function comment(type, schema, comments) {
  const members = membersOf(type);
  const shape = objectOf(schema)?.shape;
  if (!members || !shape) return;
  for (const member of members) {
    const option = member.name && shape[ts.isStringLiteral(member.name) ? member.name.text : member.name.getText()];
    if (!option) continue;
    const words = sentenceOf(option);
    if (words) comments.push({ at: member.getStart(), words });
    if (member.type) comment(member.type, option, comments);
  }
}

/** The members of the first object in a type such as `ZodPrefault<ZodObject<{ ... }>>`. */
function membersOf(type) {
  if (ts.isTypeLiteralNode(type)) return type.members;
  const [first] = (ts.isTypeReferenceNode(type) && type.typeArguments) || [];
  return first && membersOf(first);
}

/** The object in a schema that is a list of it, or has a default, or may be absent. */
function objectOf(schema) {
  const { type, innerType, element } = schema._zod.def;
  if (type === "object") return schema;
  const inner = innerType ?? element;
  return inner && objectOf(inner);
}

function sentenceOf(option) {
  const { description } = option;
  if (!description) return undefined;
  const { type, defaultValue } = option._zod.def;
  const usual = type === "default" ? ` Default: ${JSON.stringify(defaultValue)}.` : "";
  const sentence = `${description[0].toUpperCase()}${description.slice(1)}.${usual}`;
  return sentence.replaceAll("*/", "*\\/").replaceAll("\n", "\\n");
}

function inserted(text, comments) {
  const lastFirst = comments.toSorted((a, b) => b.at - a.at);
  const commented = lastFirst.reduce(
    (sofar, { at, words }) => `${sofar.slice(0, at)}/** ${words} */ ${sofar.slice(at)}`,
    text,
  );
  return `${commented}\n${DONE}\n`;
}
