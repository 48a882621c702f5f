/** Documents of crucible_ir, the shared format of the Crucible packages for Elixir: read, checked, made experiments of, and written. */
export { fromIR } from "./from-ir.ts";
export { datasetRefIR } from "./models.ts";
export { outputsOf } from "./outputs.ts";
export type { RegistryIR, StageIR } from "./registry.ts";
export { reliabilityIR } from "./reliability.ts";
export {
  type BackendRefIR,
  backendRefIR,
  type DatasetRefIR,
  type ExperimentIR,
  experimentIR,
  type OutputSpecIR,
  outputSpecIR,
  parseIR,
  type ReliabilityIR,
  type StageDefIR,
  stageDefIR,
} from "./schema.ts";
export { toIR } from "./to-ir.ts";
