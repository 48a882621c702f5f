import { expect, it } from "vitest";
import { crash, isNormal, killed, normal, shutdown } from "#src/kernel/exit";

it("counts normal and shutdown as normal, as OTP does", () => {
  expect([normal, shutdown(), shutdown("done here")].map(isNormal)).toEqual([true, true, true]);
  expect([killed, crash(new Error("broke")), crash(undefined)].map(isNormal)).toEqual([false, false, false]);
});

it("keeps a reason only where one was given", () => {
  expect(Object.keys(shutdown())).toEqual(["kind"]);
  expect(shutdown("drained")).toEqual({ kind: "shutdown", reason: "drained" });
});
