type Settings = Readonly<Record<string, { readonly value: unknown; readonly source: string }>>;

/**
 * Which place each setting came from, where it is not a default: of several places the strongest won.
 *
 * @example settingsLine({ maxParallel: { value: 20, source: "environment" } }) // => "settings: maxParallel 20 (environment)"
 */
export function settingsLine(settings: Settings = {}): string | undefined {
  const said = Object.entries(settings).filter(([name]) => name !== "confirm"); // the command sets it by --yes
  if (said.length === 0) return undefined;
  return `settings: ${said.map(([name, { value, source }]) => `${name} ${value} (${source})`).join(", ")}`;
}
