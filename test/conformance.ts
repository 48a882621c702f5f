/**
 * Replays recordings of Erlang/OTP's supervisor on ours: `npm run conformance -- ../shared/otp/named.json [more files]`.
 * Exits 0 if all conform, 1 if one does not, 2 if a file cannot be read.
 */
import { conform } from "./supervisors/otp/conform.ts";
import { readRecording, type Scenario } from "./supervisors/otp/recording.ts";

const files = process.argv.slice(2);
if (files.length === 0) {
  console.error("usage: npm run conformance -- <recording.json> [more recordings]");
  process.exit(2);
}

const scenarios = files.flatMap(read);

let failed = 0;
for (const scenario of scenarios) {
  const complaint = await conform(scenario);
  if (!complaint) continue;
  failed++;
  console.log(`FAILED ${complaint}\n`);
}
console.log(`conformance: ${scenarios.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || scenarios.length === 0 ? 1 : 0;

function read(file: string): Scenario[] {
  try {
    return readRecording(file);
  } catch (error) {
    console.error(`${file} cannot be read: ${error instanceof Error ? error.message : error}`);
    return process.exit(2);
  }
}
