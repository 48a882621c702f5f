import { escapeXml } from "#src/reports/escape";

/** HTML that may be sent: made by `html`, or by a renderer that escapes. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** What may stand in a template. Text and numbers are escaped; nothing, `false` and empty lists leave no trace. */
export type HtmlPart = Markup | string | number | undefined | null | false | readonly HtmlPart[];

/**
 * A template whose parts are escaped unless they are markup themselves: no text of a run ever becomes an element or an attribute.
 *
 * @example html`<p title="${'"'}">${"<b>"}</p>`.text // => '<p title="&quot;">&lt;b&gt;</p>'
 */
export const html = (strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Markup =>
  new Markup(strings.reduce((text, string, i) => text + textOf(parts[i - 1]) + string));

/** Markup that a renderer has made and escaped. */
export const trusted = (text: string): Markup => new Markup(text);

function textOf(part: HtmlPart): string {
  if (part instanceof Markup) return part.text;
  if (part === undefined || part === null || part === false) return "";
  if (typeof part === "string" || typeof part === "number") return escapeXml(String(part));
  return part.map(textOf).join("");
}
