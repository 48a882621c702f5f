import { defineConfig } from "vitest/config";
import { common, laws, sourcesProject } from "./vitest.config.ts";

/** The inner loop: what needs no process, browser or server, and takes under a minute on two cores. */
export default defineConfig({ test: { ...common, projects: [sourcesProject(laws)] } });
