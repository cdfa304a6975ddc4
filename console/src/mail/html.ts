/**
 * Splits a mail's HTML so that a visual editor can change what people read and nothing else.
 *
 * A marketer's document type, head, styles, conditional comments and attributes of the body stay
 * byte for byte; only the content of the body is taken from the editor.
 */

export interface MailHtml {
  /** Everything up to the end of the opening body tag; empty for a fragment. */
  before: string;
  body: string;
  /** The closing body tag and all that follows; empty for a fragment. */
  after: string;
}

export function splitMail(html: string): MailHtml {
  const open = /<body\b[^>]*>/i.exec(html);
  if (open === null) return { before: "", body: html, after: "" };
  const start = open.index + open[0].length;
  const close = html.toLowerCase().lastIndexOf("</body");
  const end = close < start ? html.length : close;
  return { before: html.slice(0, start), body: html.slice(start, end), after: html.slice(end) };
}

export function joinMail(parts: MailHtml): string {
  return parts.before + parts.body + parts.after;
}

/** The frame that the editor fills with the body: the mail's own head, or a plain one for a fragment. */
export function skeleton(parts: MailHtml): string {
  return parts.before === "" ? "<!doctype html><html><head></head><body></body></html>" : parts.before + parts.after;
}

const implied = new Set(["tbody", "colgroup"]);

function outline(html: string): string[] {
  const found: string[] = [];
  const withoutComments = html.replace(/<!--[\s\S]*?-->/g, "");
  for (const match of withoutComments.matchAll(/<([a-z][a-z0-9:-]*)\b[^>]*>|(\{\{[^}]*\}\}+)/gi)) {
    const tag = match[1]?.toLowerCase();
    if (tag === undefined) found.push((match[2] ?? "").replaceAll("&gt;", ">").replaceAll("&lt;", "<"));
    else if (!implied.has(tag)) found.push(tag);
  }
  return found;
}

/**
 * Whether a browser that read `source` and wrote `serialised` kept the order of its tags and
 * template expressions. Blocks such as `{{#each}}` between table rows do not survive that.
 */
export function keepsStructure(source: string, serialised: string): boolean {
  const [left, right] = [outline(source), outline(serialised)];
  return left.length === right.length && left.every((item, index) => item === right[index]);
}

/** Plain text that says the same as `html`, as a start for the text part. */
export function textOf(html: string): string {
  const parsed = new DOMParser().parseFromString(splitMail(html).body, "text/html");
  parsed.querySelectorAll("style, script, title").forEach((node) => node.remove());
  parsed.querySelectorAll("a[href]").forEach((link) => {
    const target = link.getAttribute("href") ?? "";
    if (/^https?:|^\{\{/.test(target) && link.textContent.trim() !== target) link.append(` (${target})`);
  });
  parsed.querySelectorAll("br").forEach((node) => node.replaceWith("\n"));
  parsed.querySelectorAll("p, div, tr, h1, h2, h3, h4, ul, ol, table").forEach((node) => node.append("\n\n"));
  parsed.querySelectorAll("li").forEach((node) => {
    node.prepend("- ");
    node.append("\n");
  });
  return parsed.body.textContent
    .split("\n")
    .map((line) => line.replace(/[ \t\u00a0]+/g, " ").trim())
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim();
}
