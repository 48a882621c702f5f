const token =
  /\s+|[{}[\],:()]|'[^'\\\n]*(?:\\.[^'\\\n]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|\b(?:True|False|None|true|false|null)\b/suy;

const words: Readonly<Record<string, string>> = { True: "true", False: "false", None: "null", "(": "[", ")": "]" };
const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", "\n": "" };

/**
 * A value that was written as Python writes it, `{'a': True, 'b': None,}`, or as JSON with line breaks in its texts: what models give for JSON
 * now and then.
 *
 * @returns nothing where it is no such value
 * @example readPythonLiteral("{'it': \"isn't\", 'n': [1, None]}") // => { it: "isn't", n: [1, null] }
 */
export function readPythonLiteral(text: string): unknown {
  const json: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const found = token.exec(text)?.[0];
    if (found === undefined) return undefined;
    if (/^['"]/.test(found)) json.push(JSON.stringify(unquoted(found)));
    else if (found.trim() !== "") {
      if (/[}\])]/.test(found) && json.at(-1) === "," && !/[{[,]/.test(json.at(-2) ?? ",")) json.pop();
      json.push(words[found] ?? found);
    }
  }
  try {
    return JSON.parse(json.join(""));
  } catch {
    return undefined;
  }
}

/** The text in a Python string. */
const unquoted = (quoted: string): string =>
  quoted
    .slice(1, -1)
    .replace(/\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.|\n))/gsu, (_, byte, unit, plain: string) =>
      plain === undefined ? String.fromCharCode(Number.parseInt(byte ?? unit, 16)) : (escapes[plain] ?? plain),
    );
