import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type MachineKind, machineCharts, machineKinds } from "#src/app/observe/charts";
import { mermaid } from "./mermaid.ts";

const folder = resolve(import.meta.dirname, "../../docs");

/** A chart in a document stands between `<!-- chart: breaker -->` and the end of the code block after it. */
const place = /(<!-- chart: (\w+) -->\n)(?:```mermaid\n[\s\S]*?\n```\n)?/g;

/** A document as it is and as its machines would have it, and the kinds of machine that it shows. */
export interface ChartedDocument {
  readonly path: string;
  readonly text: string;
  readonly current: string;
  readonly kinds: readonly string[];
}

/** Every document that shows charts. @throws where one names a kind of machine that does not exist */
export function chartedDocuments(): ChartedDocument[] {
  const charts = machineCharts();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".md"))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(path, "utf8");
      const kinds = [...text.matchAll(place)].map(([, , kind]) => kind!);
      const unknown = kinds.find((kind) => !(machineKinds as readonly string[]).includes(kind));
      if (unknown) throw new Error(`${path} shows the chart of ${unknown}; there are ${machineKinds.join(", ")}`);
      const drawn = (_: string, mark: string, kind: string): string =>
        `${mark}\`\`\`mermaid\n${mermaid(charts[kind as MachineKind])}\n\`\`\`\n`;
      return { path, text, current: text.replace(place, drawn), kinds };
    })
    .filter(({ kinds }) => kinds.length > 0);
}
