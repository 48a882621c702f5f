import { createHash } from "node:crypto";
import type { DatasetItem } from "#src/dataset/dataset";
import type { Manifest } from "#src/experiment/manifest";
import { contentJson, digestText } from "#src/kernel/digest";
import { ConfigError } from "#src/kernel/errors";
import { withoutSecrets } from "#src/kernel/redact";
import type { Entries, EntryChange, RunStore } from "#src/store/store";

/** A row that was read, and the place it came from. */
export interface SeenRow {
  readonly item: DatasetItem;
  readonly row: number;
}

/** Items of a stream whose contents are kept for those who look at one. */
const KEPT_ITEMS = 20_000;
/** Rows by their numbers, and numbers of rows by the digests of their ids. */
const [ROWS, IDS] = ["stream/rows", "stream/ids"];

/**
 * What a store keeps of the rows of a stream: of each its id and a digest, so that a resumed run knows whether its source is the one that it was. In
 * memory it costs nothing.
 */
export class SeenRows {
  readonly #store: RunStore;
  readonly #entries: Entries;
  /** Ids of rows that are not committed yet, by their places among the ids. */
  readonly #ids = new Map<number, { readonly id: string; readonly row: number }>();
  #manifest: Manifest;

  /** @throws ConfigError where the store has no place for it */
  constructor(store: RunStore, manifest: Manifest) {
    if (!store.entries)
      throw new ConfigError(store.location, "cannot hold a run over a stream: its store has no `entries`");
    this.#store = store;
    this.#entries = store.entries;
    this.#manifest = manifest;
  }

  /** The manifest with the rows that were read so far. */
  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Rows that were read so far. */
  get count(): number {
    return this.#manifest.dataset.items;
  }

  /** Whether all were read that there are, or were asked for. */
  get hasEnded(): boolean {
    return this.#manifest.dataset.stream?.ended === true;
  }

  /** Whether the row is the one that was read at its place before. */
  isSame({ item, row }: SeenRow): boolean {
    const seen = this.#entries.one(ROWS, row)?.value as { digest?: unknown } | undefined;
    return seen?.digest === digestOf(item);
  }

  /** The row before this one that has the same id; nothing where there is none, and the id is taken. */
  repeatOf({ item: { id }, row }: SeenRow): number | undefined {
    for (let place = placeOf(id); ; place++) {
      const known = this.#ids.get(place) ?? (this.#entries.one(IDS, place)?.value as { id: string; row: number });
      if (known?.id === id && known.row < row) return known.row;
      if (known && known.id !== id) continue; // two ids of one digest stand side by side
      this.#ids.set(place, { id, row });
      return undefined;
    }
  }

  /** Commits rows that come behind those that were read before. @param tasks of the plan with them */
  async add(rows: readonly SeenRow[], tasks: number): Promise<void> {
    const changes: EntryChange[] = [...this.#ids].map(([number, value]) => ({ list: IDS, number, value }));
    this.#ids.clear();
    let { digest } = this.#manifest.dataset;
    for (const { item, row } of rows) {
      const { id } = item;
      changes.push({ list: ROWS, number: row, value: { id, digest: digestOf(item) } });
      digest = createHash("sha256")
        .update(`${digest}\n${id}\n${contentJson(item.row)}`)
        .digest("hex")
        .slice(0, 32);
    }
    this.#entries.write(changes);
    const most = rows.at(-1)!.row + 1;
    if (most <= KEPT_ITEMS) await this.#store.putItems?.(withoutSecrets(rows.map(({ item }) => item)));
    await this.#put({ items: most, digest }, tasks);
  }

  /** The source has ended, or as many rows as were asked for are read. */
  async end(): Promise<void> {
    await this.#put({ stream: { ended: true } }, this.#manifest.plan.tasks);
  }

  async #put(dataset: Partial<Manifest["dataset"]>, tasks: number): Promise<void> {
    const { plan, dataset: before } = this.#manifest;
    this.#manifest = { ...this.#manifest, dataset: { ...before, ...dataset }, plan: { ...plan, tasks } };
    await this.#store.putManifest(this.#manifest);
  }
}

const digestOf = ({ id, row }: DatasetItem): string => digestText(`${id}\n${contentJson(row)}`);

/** A number of 52 bits for a text. */
const placeOf = (id: string): number => Number.parseInt(digestText(id).slice(0, 13), 16);
