/**
 * A page with three web workers under a supervisor. Each counts; its button makes it crash, and it comes back, beginning at 1 again, while the others count on.
 * See it: `npx esbuild examples/crashing-page/page.ts --bundle --format=esm --servedir=examples/crashing-page --outdir=examples/crashing-page`.
 */
import { crash, exit, supervisor } from "crucible-harness/supervision";
import { type AnyActorRef, createActor, fromCallback } from "xstate";

const source = `
  let n = 0;
  setInterval(() => postMessage(++n), 100);
  onmessage = ({ data }) => { if (data.type === "crash") throw new Error("asked to crash"); };
`;
const script = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));

/** A web worker as an actor: its error is a crash, its end is the worker's. */
const counter = fromCallback<{ type: "crash" }, HTMLOutputElement>(({ self, input: output, receive }) => {
  const worker = new Worker(script);
  worker.onmessage = ({ data }) => {
    output.value = `counts ${data}`;
  };
  worker.onerror = (event) => {
    event.preventDefault();
    exit(self as AnyActorRef, crash(new Error(event.message)));
  };
  receive((event) => worker.postMessage(event));
  return () => worker.terminate();
});

/** A row of the page: what the worker says, how often it restarted, and its button. */
function row(name: string): { output: HTMLOutputElement; restarts: HTMLElement } {
  const [item, output, restarts, button] = ["li", "output", "span", "button"].map((tag) =>
    document.createElement(tag),
  ) as [HTMLElement, HTMLOutputElement, HTMLElement, HTMLElement];
  button.textContent = `crash ${name}`;
  button.onclick = () => app.system.get(name)?.send({ type: "crash" });
  item.append(button, " ", output, restarts);
  document.querySelector("ul")!.append(item);
  return { output, restarts };
}

const names = ["red", "green", "blue"];
const rows = Object.fromEntries(names.map((name) => [name, row(name)]));
const app = createActor(
  supervisor({
    intensity: 10,
    children: names.map((name) => ({ id: name, name, start: counter, input: rows[name]!.output })),
    onFact: (fact) => {
      if (fact.type === "child.started") rows[fact.id]!.restarts.textContent = `${fact.restarts} restarts`;
    },
  }),
  { id: "page" },
).start();
