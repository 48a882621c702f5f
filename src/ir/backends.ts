import { answerIn, type Backend, identityOf, type Reply } from "#src/backends/backend";
import { ensemble } from "#src/backends/ensemble";
import { hedged } from "#src/backends/hedged";
import { wait } from "#src/backends/wait";
import { systemClock } from "#src/kernel/clock";
import { ConfigError, show } from "#src/kernel/errors";
import { FailureError } from "#src/kernel/failure";
import { called, entryOf, type RegistryIR, refuseDeaf } from "./registry.ts";
import type { BackendRefIR, ReliabilityIR } from "./schema.ts";

type Ensemble = NonNullable<ReliabilityIR["ensemble"]>;
type Hedging = NonNullable<ReliabilityIR["hedging"]>;

/** The backend that a document means, hedged and voted as it says. @throws ConfigError for what is unknown, and for what would not act */
export function backendFor(ref: BackendRefIR, reliability: ReliabilityIR, registry: RegistryIR): Backend {
  const hedge = hedging(reliability.hedging);
  const vote = reliability.ensemble;
  if (!vote || vote.strategy === "none") return hedge(single(ref, "backend", registry));
  const place = "reliability.ensemble";
  const { models, timeout_ms } = vote;
  if (!models || models.length === 0)
    throw new ConfigError(`${place}.models`, `must have at least one model for the strategy ${show(vote.strategy)}`);
  checkEnsemble(vote, models, place, reliability.hedging);
  const members = models.map((id, i) => {
    const member = hedge(single({ id, profile: "default" }, `${place}.models[${i}]`, registry));
    return timeout_ms === undefined ? member : timed(member, timeout_ms);
  });
  return ensemble(members, { vote: (replies) => elected(vote, models, replies) });
}

function single(ref: BackendRefIR, place: string, registry: RegistryIR): Backend {
  const entry = entryOf(registry.backends, "backends", place === "backend" ? "backend.id" : place, [ref.id]);
  if (typeof entry === "function")
    return checked(
      called(place, () => entry(ref)),
      place,
    );
  const { id: _, profile, ...asks } = ref;
  refuseDeaf(place, { ...asks, profile: profile === "default" ? undefined : profile });
  return checked(entry, place);
}

function checked(backend: Backend, place: string): Backend {
  if (typeof (backend as Partial<Backend> | undefined)?.generate === "function") return backend;
  throw new ConfigError(place, "must be a backend in the registry, or a function that returns one", backend);
}

function checkEnsemble(vote: Ensemble, models: readonly string[], place: string, hedge?: Hedging): void {
  const { strategy, execution_mode: mode, weights, options } = vote;
  if (strategy === "best_confidence")
    throw new ConfigError(`${place}.strategy`, "must not be best_confidence: replies say no confidence", strategy);
  if (mode === "sequential" || mode === "cascade")
    throw new ConfigError(`${place}.execution_mode`, "must be parallel or hedged: all models are asked at once", mode);
  if (mode === "hedged" && (hedge?.strategy ?? "off") === "off")
    throw new ConfigError(`${place}.execution_mode`, "needs reliability.hedging to say how", mode);
  refuseOptions(`${place}.options`, options);
  if (strategy !== "weighted" && weights !== undefined)
    throw new ConfigError(`${place}.weights`, "act only with the strategy weighted", weights);
  if (strategy !== "weighted") return;
  const without = models.find((model) => weights?.[model] === undefined);
  if (without !== undefined)
    throw new ConfigError(`${place}.weights`, `must have a weight for each model; ${show(without)} has none`, weights);
  const stray = Object.keys(weights!).find((model) => !models.includes(model));
  if (stray !== undefined)
    throw new ConfigError(`${place}.weights.${stray}`, "must be the weight of one of its models");
  if (!models.some((model) => weights![model]! > 0))
    throw new ConfigError(`${place}.weights`, "must have one above 0", weights);
}

/**
 * The reply whose answer has the most weight, the first of several. Where its share is below `min_agreement` (all, for `unanimous`), the
 * reply is empty, and scored as an empty reply is.
 */
export function elected(vote: Ensemble, models: readonly string[], replies: readonly Reply[]): Reply {
  const votes = new Map<string, { weight: number; first: Reply }>();
  let all = 0;
  replies.forEach((reply, i) => {
    const weight = vote.strategy === "weighted" ? vote.weights![models[i]!]! : 1;
    const answer = answerIn(reply.content);
    const before = votes.get(answer);
    votes.set(answer, { weight: (before?.weight ?? 0) + weight, first: before?.first ?? reply });
    all += weight;
  });
  const best = [...votes.values()].reduce((most, each) => (each.weight > most.weight ? each : most));
  const needed = Math.max(vote.min_agreement ?? 0, vote.strategy === "unanimous" ? 1 : 0);
  return best.weight >= needed * all - 1e-9 * all ? best.first : { ...best.first, content: "" };
}

function hedging(hedge: Hedging | undefined): (backend: Backend) => Backend {
  if (!hedge || hedge.strategy === "off") return (backend) => backend;
  const place = "reliability.hedging";
  const { strategy, delay_ms: afterMs, max_hedges = 1, budget_percent = 100, percentile, options } = hedge;
  if (strategy !== "fixed")
    throw new ConfigError(
      `${place}.strategy`,
      "must be off or fixed: the delay is the same for every call, so that runs can be repeated",
      strategy,
      "Write fixed, with the percentile of earlier runs as delay_ms",
    );
  if (afterMs === undefined) throw new ConfigError(`${place}.delay_ms`, "is missing", undefined, "fixed needs it");
  if (max_hedges !== 1)
    throw new ConfigError(`${place}.max_hedges`, "must be 1: a second request is all there is", max_hedges);
  if (budget_percent < 100)
    throw new ConfigError(`${place}.budget_percent`, "must be at least 100: a hedged call pays both", budget_percent);
  if (percentile !== undefined)
    throw new ConfigError(`${place}.percentile`, "acts on no strategy but percentile", percentile);
  refuseOptions(`${place}.options`, options);
  return (backend) => hedged(backend, { afterMs });
}

/** @throws ConfigError for options that nothing here reads */
export function refuseOptions(place: string, options: Readonly<Record<string, unknown>> | undefined): void {
  const [first] = Object.keys(options ?? {});
  if (first !== undefined) throw new ConfigError(`${place}.${first}`, "is not an option here", options![first]);
}

/** A backend whose calls fail as timeouts after some time. */
function timed(backend: Backend, limitMs: number): Backend {
  return {
    ...identityOf(backend),
    generate: async (messages, config, context = {}) => {
      const late = new AbortController();
      const rest = new AbortController();
      const both = context.signal ? AbortSignal.any([context.signal, late.signal]) : late.signal;
      const limit = wait(limitMs, systemClock, rest.signal).then(() => {
        const failure = new FailureError("timeout", `the model took longer than ${limitMs} ms`);
        late.abort(failure);
        throw failure;
      });
      try {
        return await Promise.race([backend.generate(messages, config, { ...context, signal: both }), limit]);
      } finally {
        rest.abort();
        limit.catch(() => {});
      }
    },
  };
}
