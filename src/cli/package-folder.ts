import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder of this package, wherever in it this code is: with its templates and documents. */
export function packageFolder(): string {
  for (let at = import.meta.dirname; ; at = dirname(at))
    if (existsSync(join(at, "templates/shared/tsconfig.json")) || dirname(at) === at) return at;
}
