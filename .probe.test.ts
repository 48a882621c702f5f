import { it } from "vitest";
import * as api from "#supervisors/otp/index";
import { createActor, fromCallback } from "xstate";
const flat: [string, Function][] = Object.entries(api).flatMap(([k, v]) => typeof v === "function" ? [[k, v]] : typeof v === "object" && k === "sys" ? Object.entries(v as object).map(([n, f]) => [`sys.${n}`, f]) : []) as never;
it("probe", async () => {
  const live = createActor(fromCallback(() => {})).start();
  for (const [name, fn] of flat) for (const first of [undefined, null, 1, {}, "live"]) for (const second of [undefined, 1]) {
    if (/Error$/.test(name)) continue;
    let said: string;
    try {
      let r: any = fn(first === "live" ? live : first, second, second);
      if (name === "mapTasks") r = r.next();
      if (r instanceof Promise || typeof r?.then === "function") { r = await Promise.race([r, new Promise((x) => setTimeout(() => x("HANG"), 30))]); said = "=> " + (() => { try { return JSON.stringify(r)?.slice(0, 80) } catch { return "circ" } })(); }
      else said = "-> " + (() => { try { return JSON.stringify(r)?.slice(0, 80) } catch { return "circ" } })();
    } catch (e) { said = (e instanceof TypeError ? "RAW " : "") + (e as Error).name + ": " + (e as Error).message; }
    console.log(`${name}(${first === "live" ? "live" : JSON.stringify(first)}, ${second}) ${said}`);
  }
});
