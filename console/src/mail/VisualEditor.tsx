/**
 * Edits the mail as it looks, in a frame that shows its own styles and runs no script.
 *
 * The browser's editing commands change only what the reader touches, so tables, inline styles and
 * conditional comments of a hand-written mail stay as they are (`html.ts` keeps all outside the body).
 */
import Alert from "@cloudscape-design/components/alert";
import { useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";
import type { MouseEvent, Ref } from "react";
import { joinMail, keepsStructure, skeleton, splitMail } from "./html";
import { LinkDialog } from "./LinkDialog";
import type { LinkTarget } from "./LinkDialog";
import type { InsertHandle } from "./SourceEditor";
import "./editor.css";

interface Props {
  ref?: Ref<InsertHandle>;
  label: string;
  value: string;
  onChange: (value: string) => void;
}

const commands: { command: string; label: string; sign: string; gap?: boolean }[] = [
  { command: "bold", label: "Bold", sign: "B" },
  { command: "italic", label: "Italic", sign: "I" },
  { command: "underline", label: "Underline", sign: "U" },
  { command: "insertUnorderedList", label: "Bullet list", sign: "Bullet list", gap: true },
  { command: "insertOrderedList", label: "Numbered list", sign: "Numbered list" },
  { command: "justifyLeft", label: "Align left", sign: "Left", gap: true },
  { command: "justifyCenter", label: "Centre", sign: "Centre" },
  { command: "justifyRight", label: "Align right", sign: "Right" },
];

const blocks = [
  ["p", "Paragraph"],
  ["h1", "Heading 1"],
  ["h2", "Heading 2"],
  ["h3", "Heading 3"],
] as const;

const BUTTON_STYLE =
  "display:inline-block;padding:12px 24px;border-radius:6px;background:#0b5fff;color:#ffffff;text-decoration:none;font-weight:bold";

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

export function VisualEditor({ ref, label, value, onChange }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const written = useRef<string>(undefined);
  const latest = useRef({ value, onChange });
  const [asked, setAsked] = useState<"link" | "button" | "image">();
  const [kept, setKept] = useState(true);
  useEffect(() => {
    latest.current = { value, onChange };
  });
  const outside = splitMail(value);
  const shell = useMemo(() => skeleton({ before: outside.before, body: "", after: outside.after }), [outside.before, outside.after]);

  const fill = () => {
    const document = frame.current?.contentDocument;
    if (document?.body == null || written.current === latest.current.value) return;
    const parts = splitMail(latest.current.value);
    document.body.innerHTML = parts.body;
    written.current = latest.current.value;
    const keeps = keepsStructure(parts.body, document.body.innerHTML);
    setKept(keeps);
    document.body.contentEditable = keeps ? "true" : "false";
    document.body.setAttribute("aria-label", label);
    document.body.setAttribute("role", "textbox");
    document.body.setAttribute("aria-multiline", "true");
  };

  const start = () => {
    const document = frame.current?.contentDocument;
    if (document == null) return;
    written.current = undefined;
    fill();
    document.execCommand("defaultParagraphSeparator", false, "p");
    document.addEventListener("input", () => {
      const parts = splitMail(latest.current.value);
      const html = joinMail({ ...parts, body: document.body.innerHTML });
      written.current = html;
      latest.current.onChange(html);
    });
    document.addEventListener("click", (event) => {
      if (event.target instanceof Node && event.target.nodeName === "A") event.preventDefault();
    });
  };

  useEffect(fill, [value, label]);

  const run = (command: string, argument?: string) => {
    const window = frame.current?.contentWindow;
    const document = frame.current?.contentDocument;
    if (window == null || document == null || !kept) return;
    document.body.focus();
    document.execCommand(command, false, argument);
  };
  const insertHtml = (html: string) => run("insertHTML", html);
  useImperativeHandle(ref, () => ({ insert: (text) => run("insertText", text) }));

  const insertTarget = ({ address, text }: LinkTarget) => {
    const href = escapeHtml(address);
    const words = escapeHtml(text === "" ? address : text);
    if (asked === "image") insertHtml(`<img src="${href}" alt="${escapeHtml(text)}" style="max-width:100%">`);
    if (asked === "button") {
      run("insertParagraph");
      insertHtml(`<a href="${href}" style="${BUTTON_STYLE}">${words}</a>`);
    }
    if (asked === "link") {
      const selected = frame.current?.contentDocument?.getSelection()?.isCollapsed === false;
      if (selected && text === "") run("createLink", address);
      else insertHtml(`<a href="${href}">${words}</a>`);
    }
    setAsked(undefined);
  };

  // A click on a tool must not take the selection out of the mail.
  const keepSelection = (event: MouseEvent) => event.preventDefault();

  return (
    <>
      {!kept && (
        <Alert type="info">
          This mail has template blocks between the rows of a table, which only the source view can edit without moving
          them.
        </Alert>
      )}
      <div className="visual-editor">
        <div className="visual-toolbar" role="toolbar" aria-label="Formatting">
          <select aria-label="Paragraph style" defaultValue="" onChange={(event) => {
            run("formatBlock", event.target.value);
            event.target.value = "";
          }}>
            <option value="" disabled>
              Style
            </option>
            {blocks.map(([tag, name]) => (
              <option key={tag} value={tag}>
                {name}
              </option>
            ))}
          </select>
          {commands.map(({ command, label: name, sign, gap }) => (
            <span key={command} style={{ display: "contents" }}>
              {gap === true && <span className="visual-toolbar-gap" />}
              <button type="button" aria-label={name} title={name} onMouseDown={keepSelection} onClick={() => run(command)}>
                {sign}
              </button>
            </span>
          ))}
          <span className="visual-toolbar-gap" />
          {(["link", "button", "image"] as const).map((kind) => (
            <button key={kind} type="button" onMouseDown={keepSelection} onClick={() => setAsked(kind)} aria-label={`Insert ${kind}`}>
              {kind.charAt(0).toUpperCase() + kind.slice(1)}
            </button>
          ))}
          <span className="visual-toolbar-gap" />
          <button type="button" aria-label="Undo" title="Undo" onMouseDown={keepSelection} onClick={() => run("undo")}>
            ↶
          </button>
          <button type="button" aria-label="Redo" title="Redo" onMouseDown={keepSelection} onClick={() => run("redo")}>
            ↷
          </button>
        </div>
        <iframe ref={frame} title={label} srcDoc={shell} sandbox="allow-same-origin" onLoad={start} />
      </div>
      {asked !== undefined && <LinkDialog kind={asked} onInsert={insertTarget} onClose={() => setAsked(undefined)} />}
    </>
  );
}
