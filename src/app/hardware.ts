import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, totalmem } from "node:os";
import type { Gpu, HardwareProfile } from "#src/experiment/manifest";

/** A kind of machine, by the memory of its graphics card. */
export interface HardwareClass {
  readonly name: HardwareProfile["class"];
  /** Gigabytes that the card has at least. */
  readonly gpuMemoryGb: number;
  /** Tasks that may well run at the same time; the number of cores where there is no card. */
  readonly concurrency: number;
  /** What a timeout measured on a `server_standard` is multiplied by. */
  readonly timeoutFactor: number;
}

const classes = [
  { name: "server_large", gpuMemoryGb: 40, concurrency: 8, timeoutFactor: 0.8 },
  { name: "server_standard", gpuMemoryGb: 24, concurrency: 4, timeoutFactor: 1 },
  { name: "edge_standard", gpuMemoryGb: 16, concurrency: 2, timeoutFactor: 1.5 },
  { name: "edge_minimal", gpuMemoryGb: 8, concurrency: 1, timeoutFactor: 2 },
] as const satisfies readonly HardwareClass[];

/** Cards report less than they are sold with, most with error correction on: 22.5 of 24, 15 of 16. */
const REPORTED_SHARE = 0.93;

/**
 * The class of a machine. Only the largest card counts; one with less than 8 GB is too small to run models on.
 *
 * @param cores suggested concurrency where there is no card
 * @example classify([{ name: "RTX 4090", memoryGb: 23.99 }], 16).name // => "server_standard"
 * @example classify([], 16) // => { name: "cpu_only", gpuMemoryGb: 0, concurrency: 16, timeoutFactor: 3 }
 */
export function classify(gpus: readonly Gpu[], cores: number): HardwareClass {
  const largest = Math.max(0, ...gpus.map(({ memoryGb }) => memoryGb));
  const fitting = classes.find(({ gpuMemoryGb }) => largest >= gpuMemoryGb * REPORTED_SHARE);
  return fitting ?? { name: "cpu_only", gpuMemoryGb: 0, concurrency: cores, timeoutFactor: 3 };
}

/**
 * Looks at the machine: its cards by nvidia-smi where that is installed, cores and memory.
 *
 * @param nvidiaSmi what `nvidia-smi --query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits` prints; asked for when absent
 * @example hardwareProfile("NVIDIA A100-SXM4-40GB, 40960, 535.129.03").class // => "server_large"
 */
export function hardwareProfile(nvidiaSmi: string = askNvidiaSmi()): HardwareProfile {
  const gpus = parseNvidiaSmi(nvidiaSmi);
  const cores = availableParallelism();
  const found = classify(gpus, cores);
  return {
    class: found.name,
    suggestedConcurrency: found.concurrency,
    timeoutFactor: found.timeoutFactor,
    gpus,
    cpu: { model: cpus()[0]?.model.trim() ?? "unknown", cores },
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}

/** Cards from nvidia-smi's table; lines whose memory is not a number, as of cards that are lost, are left out. */
export function parseNvidiaSmi(text: string): Gpu[] {
  return text.split("\n").flatMap((line) => {
    const [name, mebibytes, driver] = line.split(",").map((cell) => cell.trim());
    const memoryGb = Math.round((Number(mebibytes) / 1024) * 100) / 100;
    if (!name || !mebibytes || !Number.isFinite(memoryGb)) return [];
    return [{ name, memoryGb, ...(driver ? { driver } : {}) }];
  });
}

function askNvidiaSmi(): string {
  try {
    const query = ["--query-gpu=name,memory.total,driver_version", "--format=csv,noheader,nounits"];
    return execFileSync("nvidia-smi", query, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
      timeout: 5000,
    });
  } catch {
    return ""; // no such program, or no card
  }
}
