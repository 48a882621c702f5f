import { Argument, Command, CommanderError, Option } from "commander";
import { ConfigError } from "#src/kernel/errors";
import { addAnswerCommands } from "./answer-commands.ts";
import {
  addLimits,
  addRegistry,
  addSettings,
  collectParameter,
  portNumber,
  positiveNumber,
  positiveWhole,
  wholeNumber,
} from "./arguments.ts";
import { sayEnvFile } from "./env-file.ts";
import { exitCodes, report } from "./exit-code.ts";
import { flushed, keepStdout, print, warn } from "./print.ts";
import { acceptOption, executorOption, faultsHelp, inspectOption, redisOption, resumesRun } from "./shared-options.ts";
import { addSuiteFlags } from "./suite-flags.ts";
import { templateLines } from "./templates.ts";

/** Parses the command line, runs the command, and ends the process with its exit code. */
export async function runCommand(argv: readonly string[], version: string): Promise<void> {
  let code: number = exitCodes.ended;
  // a terminal that is closed, a reader that has seen enough: a run continues without them
  process.stderr.on("error", () => {});
  let lost: NodeJS.ErrnoException | undefined;
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (diskIsFull.has(error.code ?? "")) lost ??= error;
  });
  const program = buildProgram(version, (result) => {
    code = result;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (thrown) {
    code = thrown instanceof CommanderError ? (thrown.exitCode === 0 ? 0 : exitCodes.usage) : report(thrown);
  }
  // a condition that ignores its signal must not keep the process alive; what was printed must be out first
  flushed(() => {
    if (lost) warn(`crucible: what was printed is not complete (${lost.message})`);
    process.exit(lost && code === exitCodes.ended ? exitCodes.bug : code);
  });
}

const diskIsFull: ReadonlySet<string> = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);

/** Commands that run the code of experiments, for which variables are mostly meant. */
const readsExperiments: ReadonlySet<string> = new Set(["run", "suite", "resume", "estimate", "worker", "retry"]);

type Ended = (code: number) => void;

/** All commands. Each loads its own code when it is used. */
export function buildProgram(version: string, ended: Ended): Command {
  const program = new Command("crucible")
    .description(
      "Runs AI research experiments as a supervision tree, and says with honest statistics which condition is better.",
    )
    .version(version, "-V, --version")
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: false })
    .helpCommand(false) // ours knows pages, too
    .configureOutput({
      writeErr: (text) => warn(...text.trimEnd().split("\n")),
      outputError: (text) => warn(...text.trimEnd().replaceAll("\n", "\n       ").split("\n")), // a line break in an argument starts no line of ours
    })
    .hook("preAction", (_, command) => {
      const { json, print, short, to } = command.opts();
      if (json === true || print === true || short === true || to === "-") keepStdout();
      if (command.name() !== "help") sayEnvFile(readsExperiments.has(command.name()));
    });

  program
    .command("init [template] [folder]")
    .description("writes a small working folder that runs at once, without a network: an experiment, types, scripts")
    .addHelpText("after", () => `\nTemplates:\n${templateLines().join("\n")}`)
    .action(async (template, folder) => ended((await import("./init.ts")).init(version, template, folder)));

  const run = program
    .command("run <file>")
    .description("runs an experiment file and writes its reports")
    .option("-T <key=value>", "a parameter for the experiment file; may be given again", collectParameter)
    .option(
      "--id <name>",
      "id of the run (default: a random one); one that is stored is resumed, and grows where more is planned now",
    )
    .addOption(acceptOption())
    .addOption(executorOption())
    .addOption(redisOption())
    .option("--faults <path>", faultsHelp)
    .option("--yes", "goes ahead without asking what it may cost")
    .option("--watch", "runs again whenever the file, a module that it imports by path or its data changes")
    .addOption(new Option("--watched").hideHelp())
    .addOption(inspectOption())
    .option("--json", "prints one JSON record a line on stdout, everything else on stderr");
  addSettings(addRegistry(run)).action(async (file, flags) =>
    ended(
      flags.watch === true
        ? await (await import("./watch.ts")).watchFile(file, flags, process.argv.slice(2))
        : await (await import("./run.ts")).runFile(file, flags),
    ),
  );

  addSettings(addSuiteFlags(program.command("suite [paths...]"))).action(async (paths, flags) =>
    ended(await (await import("./suite.ts")).runSuitePaths(paths, flags)),
  );

  const resume = resumesRun(
    program.command("resume <id>").description("resumes a run, or a suite of them, that was stopped, paused or killed"),
  );
  addSettings(resume).action(async (id, flags) => ended(await (await import("./run.ts")).resumeRun(id, flags)));

  addAnswerCommands(program, ended);

  const estimate = program
    .command("estimate <file>")
    .description("says what a run will cost and take; executes nothing")
    .option("-T <key=value>", "a parameter for the experiment file", collectParameter)
    .option("--json", "prints one JSON record on stdout");
  addSettings(addRegistry(estimate)).action(async (file, flags) =>
    ended(await (await import("./estimate.ts")).estimateFile(file, flags)),
  );

  const reports = program
    .command("report <id>")
    .description("writes the reports of a run from its store, also while it is active")
    .option("--print", "prints the Markdown report on stdout instead of writing files")
    .option(
      "--file <path>",
      "reads the results by this experiment file as it is now; each option that is another one is named; without it no code is run",
    )
    .option("--scoring <name>", "shows another scoring of its answers, which `crucible score` made")
    .option("--short", "prints its short form, for a comment on a pull request")
    .option("--json", "prints one JSON record on stdout");
  addSettings(reports, ["outputDir", "formats", "checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./report.ts")).reportRun(id, flags)),
  );

  const compare = program
    .command("compare <ids...>")
    .description("tests runs against each other, matched by item, and says what differed between them")
    .option("--items <n>", "of two runs: items to list, those that changed most (default: 10)", wholeNumber)
    .option("--json", "prints one JSON record on stdout");
  addSettings(compare, ["checkpointDir"]).action(async (ids, flags) =>
    ended(await (await import("./compare.ts")).compareRuns(ids, flags)),
  );

  const meta = program
    .command("meta <ids...>")
    .description(
      "combines the differences of several runs of an experiment by meta-analysis, and says how far runs disagree",
    )
    .addOption(
      new Option("--model <model>", "whether effects differ between runs")
        .choices(["random", "common"])
        .default("random"),
    )
    .option("--metric <names...>", "metrics to combine (default: all)")
    .option("--svg <path>", "writes the forest plot of one metric")
    .option("--json", "prints one JSON record on stdout");
  addSettings(meta, ["checkpointDir"]).action(async (ids, flags) =>
    ended(await (await import("./meta.ts")).metaRuns(ids, flags)),
  );

  const exported = program
    .command("export <id>")
    .description("writes every row of a run, also while it is active, for pandas, DuckDB, a spreadsheet")
    .addOption(
      new Option("--format <format>", "format of the rows; ir: the experiment itself, as JSON of crucible_ir")
        .choices(["csv", "jsonl", "parquet", "ir"])
        .default("csv"),
    )
    .option("--to <path>", "file to write (default: <out>/<id>_rows.<format>, <out>/<id>.ir.json), - for stdout")
    .option("--json", "prints one JSON record on stdout");
  addSettings(exported, ["outputDir", "checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./export.ts")).exportRows(id, flags)),
  );

  const dlq = program.command("dlq").description("the permanently failed tasks of a run");
  const dlqList = dlq.command("list <id>").description("lists them").option("--json", "prints one JSON record a line");
  addSettings(dlqList, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./dlq.ts")).listFailed(id, flags)),
  );
  const dlqRetry = resumesRun(
    dlq.command("retry <id>").description("plans the failed tasks again and resumes the run"),
  );
  addSettings(dlqRetry).action(async (id, flags) => ended(await (await import("./dlq.ts")).retryFailed(id, flags)));

  const list = program
    .command("list")
    .description("lists the runs in the checkpoint directory, newest first")
    .option("--tag <tags...>", "only runs of experiments that have one of these tags")
    .option("--json", "prints one JSON record a line");
  addSettings(list, ["checkpointDir"]).action(async (flags) => ended(await (await import("./list.ts")).list(flags)));

  const verify = program
    .command("verify <id>")
    .description("holds every row of a run against its checksum; writes nothing")
    .option("--json", "prints one JSON record on stdout");
  addSettings(verify, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./verify.ts")).verify(id, flags)),
  );

  program
    .command("explore [file]")
    .description(
      "simulates runs of an experiment on virtual time, each seed with other faults, kills and resumes, until a law is broken, and makes that failure small",
    )
    .option("-T <key=value>", "a parameter for the experiment file", collectParameter)
    .option("--seeds <n>", "simulations at most (default: 1000)", positiveWhole)
    .option("--from <seed>", "the first seed (default: 0)", wholeNumber)
    .option("--for <seconds>", "begins no simulation after that time", positiveNumber)
    .option("--faults <rules>", "default, none, or a JSON file with rules", "default")
    .addOption(new Option("--store <store>", "where rows are kept").choices(["memory", "sqlite"]).default("memory"))
    .option("--items <n>", "items of which a seed draws how many are done (default: 10)", positiveWhole)
    .option("--save <path>", "file for a failure (default: crucible-replay.json)")
    .option("--replay <path>", "replays a failure that was saved, and tells who did what when")
    .option("--verbose", "names every state and transition that was never touched")
    .option("--json", "prints one JSON record on stdout")
    .action(async (file, flags) => ended(await (await import("./explore.ts")).exploreFile(file, flags)));

  const ps = program
    .command("ps [id]")
    .description("shows the active runs; with an id its live tree: states, restarts, what waits for what")
    .option("--json", "prints one JSON record a run");
  addSettings(ps, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./ps.ts")).showProcesses(id, flags)),
  );

  const controlled = (command: Command): Command =>
    addSettings(command, ["checkpointDir"])
      .option("--reason <text>", "why: kept in the store and shown in the report")
      .option("--json", "prints one JSON record on stdout");
  const pause = program.command("pause <id>").description("lets no new task of an active run start");
  controlled(pause).action(async (id, flags) =>
    ended(await (await import("./control.ts")).control(id, "pause", flags)),
  );

  const stop = program
    .command("stop <id>")
    .description("stops an active run once its running tasks have ended")
    .option("--abort", "aborts its running tasks, too");
  controlled(stop).action(async (id, flags) =>
    ended(await (await import("./control.ts")).control(id, flags.abort ? "abort" : "drain", flags)),
  );

  const adjust = program.command("adjust <id>").description("changes limits of an active run");
  controlled(addLimits(adjust)).action(async (id, flags) =>
    ended(await (await import("./control.ts")).control(id, "adjust", flags)),
  );

  const view = program
    .command("view [id]")
    .description(
      "shows runs in a browser: live progress, tree, state machines, facts, tasks, results; or steps through a file of `crucible explore`; needs no network",
    )
    .option("--port <number>", "port on 127.0.0.1 (default: any free one)", portNumber)
    .option("--export <folder>", "writes the pages to a folder that opens from disk or any host, and ends")
    .option("--json", "prints the address as one JSON record");
  addSettings(view, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./view.ts")).view(id, flags)),
  );

  program
    .command("inspect")
    .description(
      "waits for XState apps and shows their machines in a browser: statecharts, events, sequences, snapshots, every step back; needs no network",
    )
    .option("--port <number>", "port on 127.0.0.1 (default: any free one)", portNumber)
    .option("--json", "prints the addresses as one JSON record")
    .action(async (flags) => ended(await (await import("./inspect.ts")).inspect(flags)));

  const replay = program
    .command("replay <id>")
    .description("walks through what was recorded of a run")
    .option("--only <types>", "kinds of records: circuit,service,run.ended")
    .option("--task <number>", "one task, by its place in the plan", wholeNumber)
    .option("--speed <factor>", "waits between records as the run did, faster by this factor", positiveNumber)
    .option("--json", "prints one JSON record a line");
  addSettings(replay, ["checkpointDir"]).action(async (id, flags) =>
    ended(await (await import("./replay.ts")).replay(id, flags)),
  );

  addRegistry(program.command("worker <file>"))
    .description("does tasks of an experiment file for runs with --executor queue, on any number of machines")
    .option("-T <key=value>", "a parameter for the experiment file, as the run has it", collectParameter)
    .addOption(redisOption())
    .addOption(new Option("--executor <name>", "where its tasks run").choices(["inline", "threads"]).default("inline"))
    .option("--concurrency <n>", "tasks at a time (default: the experiment's maxParallel)", wholeNumber)
    .option("--lock-ms <n>", "milliseconds without a sign after which others take over its tasks", wholeNumber)
    .action(async (file, flags) => ended(await (await import("./worker.ts")).work(file, flags)));

  program
    .command("options [word]")
    .description(
      "lists every option with its type, default and sentence; with a word, those whose name holds it, with an experiment file its -T parameters",
    )
    .option("--json", "prints one JSON record an option")
    .action(async (word, flags) => ended(await (await import("./options.ts")).listOptions(word, flags)));

  program
    .command("help [topic...]")
    .description(
      "prints the flags of a command, a page of the documentation, a section of one (page#section), or options",
    )
    .action(async (words) => ended(await (await import("./help.ts")).help(program, words)));

  program
    .command("completion")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .description('prints a script that completes commands, options and ids of runs: eval "$(crucible completion bash)"')
    .action(async (shell) => {
      print(...(await import("./completion.ts")).completionScript(program, shell).trimEnd().split("\n"));
      ended(exitCodes.ended);
    });

  for (const command of [...program.commands, ...dlq.commands]) refuseRepeated(command.exitOverride());
  return program;
}

/** A flag that is given twice with two values is a mistake: which of them was meant is not guessed. */
function refuseRepeated(command: Command): void {
  for (const option of command.options) {
    if (option.variadic || option.isBoolean() || option.short === "-T" || option.long === "--weight") continue;
    const flag = option.long ?? option.flags;
    let earlier: string | undefined;
    command.on(`option:${option.name()}`, (text: string) => {
      if (earlier !== undefined && earlier !== text) throw new ConfigError(flag, "must be given once", [earlier, text]);
      earlier = text;
    });
  }
}
