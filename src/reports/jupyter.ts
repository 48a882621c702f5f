import type { Renderer } from "./report.ts";
export const jupyter: Renderer = () => "{}";
