import { describe, expect, it } from "vitest";
import { chartOf } from "#src/app/observe/chart-of";
import { machineCharts, machineKinds } from "#src/app/observe/charts";
import { chartedDocuments } from "./documents.ts";
import { mermaid } from "./mermaid.ts";

describe("the charts of the machines", () => {
  const documents = chartedDocuments();

  it.each(documents)("in $path are drawn from the machines as they are (else: npm run charts)", ({ text, current }) => {
    expect(text).toBe(current);
  });

  it("are all in a document", () => {
    expect(new Set(documents.flatMap(({ kinds }) => kinds))).toEqual(new Set(machineKinds));
  });

  it.each(machineKinds)("of a %s lead from its first state to every other, and only to states that it has", (kind) => {
    const { initial, states, arrows, anywhere } = machineCharts()[kind];
    const names = states.map(({ name }) => name);
    const reached = new Set([initial]);
    for (const from of reached) {
      for (const arrow of arrows) if (arrow.from === from && arrow.to) reached.add(arrow.to);
      for (const { to } of anywhere) if (to) reached.add(to);
    }
    expect([...reached].sort()).toEqual([...names].sort());
  });

  it("name events, guards, actions, delays, invoked ends and what may happen anywhere", () => {
    const chart = chartOf({
      id: "door",
      initial: "shut",
      on: { fire: { target: ".open", actions: "ring" } },
      states: {
        shut: { entry: ["lock"], on: { push: [{ guard: "isFree", target: "open", actions: ["creak", "swing"] }] } },
        open: {
          always: { guard: "isWindy", target: "shut" },
          after: { patience: "shut" },
          on: { push: { actions: "wave" } },
        },
        gone: { type: "final", invoke: { onDone: "shut", onError: { target: "open" } } },
      },
    });
    expect(mermaid(chart).split("\n")).toEqual([
      "stateDiagram-v2",
      "  [*] --> shut",
      "  shut : entry / lock",
      "  shut --> open : push [isFree] / creak, swing",
      "  open --> shut : [isWindy]",
      "  open --> open : push / wave",
      "  open --> shut : after patience",
      "  gone --> shut : done",
      "  gone --> open : error",
      "  gone --> [*]",
      "  note right of shut",
      "    anywhere else:",
      "    fire / ring -> open",
      "  end note",
    ]);
  });
});
