/** Draws an XState machine config as a Mermaid state diagram. */
interface Transition {
  target?: string;
  guard?: string;
  actions?: string | readonly string[];
}
interface State {
  type?: string;
  entry?: string;
  always?: Transition | readonly Transition[];
  on?: Record<string, string | Transition | readonly Transition[]>;
}
export interface Config {
  initial?: string;
  on?: Record<string, Transition>;
  states?: Record<string, State>;
}

export function mermaid({ initial, on = {}, states = {} }: Config): string {
  const lines = Object.entries(states).flatMap(([name, state]) => linesOf(name, state));
  const everywhere = Object.entries(on).map(([event, { actions }]) => `${event} / ${actions}`);
  return [
    "stateDiagram-v2",
    `  [*] --> ${initial}`,
    ...lines,
    ...(everywhere.length > 0
      ? [`  note right of ${initial}`, "    anywhere else:", ...everywhere.map((line) => `    ${line}`), "  end note"]
      : []),
  ].join("\n");
}

function linesOf(name: string, { type, entry, always, on = {} }: State): string[] {
  const arrows = [
    ...listOf(always).map((transition) => arrow(name, "", transition)),
    ...Object.entries(on).flatMap(([event, transitions]) =>
      listOf(transitions).map((transition) => arrow(name, event, transition)),
    ),
  ];
  return [
    ...(entry ? [`  ${name} : entry / ${entry}`] : []),
    ...arrows,
    ...(type === "final" ? [`  ${name} --> [*]`] : []),
  ];
}

function arrow(from: string, event: string, { target = from, guard, actions }: Transition): string {
  const label = [event, guard && `[${guard}]`, actions && `/ ${[actions].flat().join(", ")}`].filter(Boolean).join(" ");
  return `  ${from} --> ${target}${label ? ` : ${label}` : ""}`;
}

const listOf = (transitions: string | Transition | readonly Transition[] | undefined): Transition[] =>
  transitions === undefined
    ? []
    : [transitions].flat().map((one) => (typeof one === "string" ? { target: one } : (one as Transition)));
