/**
 * Fills `{name}` from values. A name that is not there stays as it is, so that JSON and code in prompts survive; `{{` and `}}` around a
 * name keep it literal.
 *
 * @example fillTemplate("{prompt} ({unit}, {x})", { prompt: "How far?", unit: "km" }) // => "How far? (km, {x})"
 */
export function fillTemplate(template: string, values: Readonly<Record<string, unknown>>): string {
  return template.replace(/\{\{([\w.-]+)\}\}|\{([\w.-]+)\}/g, (whole, literal: string | undefined, name: string) => {
    if (literal !== undefined) return `{${literal}}`;
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return whole;
    return typeof value === "string" ? value : JSON.stringify(value);
  });
}
