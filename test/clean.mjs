/**
 * The first step of the build: removes `dist`, so that no file stays of a source that is gone.
 *
 *     npm run build
 */
import { rmSync } from "node:fs";
import { resolve } from "node:path";

rmSync(resolve(import.meta.dirname, "../dist"), { recursive: true, force: true });
