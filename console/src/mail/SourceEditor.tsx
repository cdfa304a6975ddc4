/** HTML as source, with highlighting and completion of variables inside `{{ }}`. */
import { autocompletion } from "@codemirror/autocomplete";
import type { CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { html } from "@codemirror/lang-html";
import { EditorState } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useImperativeHandle, useRef } from "react";
import type { Ref } from "react";
import "./editor.css";

export interface InsertHandle {
  insert: (text: string) => void;
}

interface Props {
  ref?: Ref<InsertHandle>;
  label: string;
  value: string;
  variables: string[];
  onChange: (value: string) => void;
}

export function SourceEditor({ ref, label, value, variables, onChange }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange, variables });
  useEffect(() => {
    latest.current = { onChange, variables };
  });
  const initial = useRef({ value, label });

  useEffect(() => {
    if (host.current === null) return;
    const complete = (context: CompletionContext): CompletionResult | null => {
      const word = context.matchBefore(/\{\{\s*[\w.[\] ]*/);
      if (word === null) return null;
      const from = word.from + (/^\{\{\s*/.exec(word.text)?.[0].length ?? 2);
      return { from, options: latest.current.variables.map((name) => ({ label: name, type: "variable" })) };
    };
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        doc: initial.current.value,
        extensions: [
          lineNumbers(),
          history(),
          html(),
          EditorView.lineWrapping,
          EditorView.contentAttributes.of({ "aria-label": initial.current.label }),
          EditorState.languageData.of(() => [{ autocomplete: complete }]),
          autocompletion(),
          keymap.of([...defaultKeymap, ...historyKeymap]),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) latest.current.onChange(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (editor === undefined || editor.state.doc.toString() === value) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: value } });
  }, [value]);

  useImperativeHandle(ref, () => ({
    insert: (text) => {
      const editor = view.current;
      if (editor === undefined) return;
      editor.dispatch(editor.state.replaceSelection(text));
      editor.focus();
    },
  }));

  return <div ref={host} className="source-editor" />;
}
