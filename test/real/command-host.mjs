// Runs commands that its parent sends, one after the other, in this one process: each as `crucible` runs it in a process of its own.
const written = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"]) {
  process[name].write = (chunk, encoding, done = encoding) => {
    written[name] += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    if (typeof done === "function") setImmediate(done);
    return true;
  };
}
const writers = { stdout: process.stdout.write, stderr: process.stderr.write };

const [, , commands, version] = process.argv;
const { runCommand } = await import(commands); // after its output is caught: it keeps what standard output was

process.on("message", async ({ args, cwd, env }) => {
  Object.assign(written, { stdout: "", stderr: "" });
  for (const [name, write] of Object.entries(writers)) process[name].write = write;
  process.chdir(cwd);
  const before = { ...process.env };
  Object.assign(process.env, env);
  process.exitCode = undefined;
  const code = await new Promise((exit) => {
    process.exit = (given) => exit(given ?? process.exitCode ?? 0);
    void runCommand(args, version);
  });
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
  Object.assign(process.env, before);
  process.send({ code, ...written });
});
process.send("ready");
