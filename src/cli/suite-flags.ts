import { type Command, Option } from "commander";
import { collectParameter, collectWeight, positiveWhole } from "./arguments.ts";
import { acceptOption, executorOption, faultsHelp, redisOption } from "./shared-options.ts";

/** The flags of `crucible suite`, beside the settings of its runs. */
export const addSuiteFlags = (command: Command): Command =>
  command
    .description(
      "runs several experiment files under one supervisor, with one budget, limiter and report: folders (*.experiment.ts in them), files, patterns",
    )
    .option("--name <texts...>", "only experiments whose name contains one of these texts")
    .option("--tag <tags...>", "only experiments that have one of these tags")
    .option("--at-once <n>", "experiments running at the same time (default: 4)", positiveWhole)
    .option(
      "--max-open-circuits <n>",
      "experiments that circuit breakers stop one after another, while no task succeeds, before the suite stops (default: 3)",
      positiveWhole,
    )
    .addOption(
      new Option("--weights <how>", "how much an experiment counts in aggregates (default: equal)").choices([
        "equal",
        "items",
      ]),
    )
    .option("--weight <name=number>", "the weight of one experiment; given for each of them", collectWeight)
    .option("-T <key=value>", "a parameter for every experiment file; may be given again", collectParameter)
    .option("--id <name>", "id of the suite (default: a random one); one that is stored is resumed")
    .addOption(acceptOption())
    .addOption(executorOption())
    .addOption(redisOption())
    .option("--faults <path>", faultsHelp)
    .option("--yes", "goes ahead without asking what it may cost")
    .option("--json", "prints one JSON record a line on stdout, everything else on stderr");
