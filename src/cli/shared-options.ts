import { type Command, Option } from "commander";
import { executorNames } from "#src/app/executors";
import { collectParameter, inspectPlace } from "./arguments.ts";

export const faultsHelp =
  "injects the faults of a JSON file, those by chance drawn by --seed; the run is stamped with them";

export const redisOption = (): Option =>
  new Option(
    "--redis <url>",
    "where --executor queue meets its workers (default: CRUCIBLE_REDIS, else redis://127.0.0.1:6379)",
  );

export const executorOption = (): Option =>
  new Option("--executor <name>", "where tasks run (default: as the experiment says, else inline)").choices(
    executorNames,
  );

export const acceptOption = (): Option =>
  new Option(
    "--accept-changed [options]",
    "continues although these options differ from the stored run; all when none is named",
  );

/** The flags of commands that continue with a stored run. */
export const resumesRun = (command: Command): Command =>
  command
    .option("-T <key=value>", "a parameter for the experiment file", collectParameter)
    .option("--file <path>", "the experiment file, if it has moved")
    .addOption(acceptOption())
    .addOption(executorOption())
    .addOption(redisOption())
    .option("--faults <path>", faultsHelp)
    .option("--yes", "goes ahead without asking what it may cost")
    .addOption(inspectOption())
    .option("--json", "prints one JSON record a line on stdout, everything else on stderr");

export const inspectOption = (): Option =>
  new Option(
    "--inspect <where>",
    "shows the state machines: local (a page of this machine), the address that crucible inspect printed, or stately (a page that needs the internet)",
  ).argParser(inspectPlace);
