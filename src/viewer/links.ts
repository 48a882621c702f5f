type Query = Readonly<Record<string, string | number | undefined | readonly string[]>>;

/** An address within the viewer. @example link(["run", "a/b"], { q: "x y", page: undefined }) // => "/run/a%2Fb?q=x+y" */
export function link(path: readonly (string | number)[], query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]): [string, string][] =>
    value === undefined || value === ""
      ? []
      : typeof value === "object"
        ? value.map((one): [string, string] => [name, one])
        : [[name, String(value)]],
  );
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : "";
  return `/${path.map((part) => encodeURIComponent(part)).join("/")}${search}`;
}

/** A whole number of an address, at least 0; undefined for anything else. */
export function numberIn(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? "";
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** One of some words of an address. */
export const wordIn = <W extends string>(query: URLSearchParams, name: string, words: readonly W[]): W | undefined =>
  words.find((word) => word === query.get(name));
