import fc from "fast-check";
import { SEED } from "./runs.ts";

/** Properties draw the same cases every time, as everything else here does. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: SEED });
