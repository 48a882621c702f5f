import { writeFileSync } from "node:fs";
import { chartedDocuments } from "./charts/documents.ts";

/** `npm run charts`: draws the machine charts of the documents again, from the machines as they are. */
let changed = 0;
for (const { path, text, current } of chartedDocuments()) {
  if (text === current) continue;
  writeFileSync(path, current);
  console.log(`drawn again: ${path}`);
  changed += 1;
}
console.log(`charts: ${changed} documents changed`);
