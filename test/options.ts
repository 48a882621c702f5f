import { writeFileSync } from "node:fs";
import { documentPath, optionDocument } from "./options/document.ts";

/** `npm run options`: writes docs/options.md again, from the schemas as they are. */
writeFileSync(documentPath, optionDocument());
console.log(`options: ${documentPath}`);
