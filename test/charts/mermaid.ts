import type { ChartArrow, MachineChart } from "#src/app/observe/chart-of";

/** A chart as a Mermaid state diagram: what documents show. */
export function mermaid({ initial, states, arrows, anywhere }: MachineChart): string {
  return [
    "stateDiagram-v2",
    `  [*] --> ${initial}`,
    ...states.flatMap(({ name, entry, isFinal }) => [
      ...(entry.length > 0 ? [`  ${name} : entry / ${entry.join(", ")}`] : []),
      ...arrows
        .filter(({ from }) => from === name)
        .map((arrow) => `  ${name} --> ${arrow.to ?? name}${withColon(labelOf(arrow))}`),
      ...(isFinal ? [`  ${name} --> [*]`] : []),
    ]),
    ...(anywhere.length > 0
      ? [
          `  note right of ${initial}`,
          "    anywhere else:",
          ...anywhere.map((arrow) => `    ${labelOf(arrow)}${arrow.to ? ` -> ${arrow.to}` : ""}`),
          "  end note",
        ]
      : []),
  ].join("\n");
}

const labelOf = ({ event, guard, actions }: Omit<ChartArrow, "from">): string =>
  [event, guard && `[${guard}]`, actions.length > 0 && `/ ${actions.join(", ")}`].filter(Boolean).join(" ");

const withColon = (label: string): string => (label ? ` : ${label}` : "");
