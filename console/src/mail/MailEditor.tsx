/** Subject, HTML (as it looks or as source) and plain text of a mail, with a menu of variables. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import type { InputProps } from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import Textarea from "@cloudscape-design/components/textarea";
import { lazy, Suspense, useRef, useState } from "react";
import { useAttributeNames } from "../api/queries";
import { Loading } from "../components/waiting";
import { textOf } from "./html";
import type { InsertHandle } from "./SourceEditor";
import { variableGroups } from "./variables";
import { VisualEditor } from "./VisualEditor";

const SourceEditor = lazy(async () => ({ default: (await import("./SourceEditor")).SourceEditor }));

export interface MailContent {
  subject: string;
  html: string;
  text: string;
}

interface Props {
  app: string;
  content: MailContent;
  onChange: (content: MailContent) => void;
  subjectError?: string;
}

type Place = "subject" | "html" | "text";

export function MailEditor({ app, content, onChange, subjectError }: Props) {
  const names = useAttributeNames(app);
  const [mode, setMode] = useState<"visual" | "source">("visual");
  const [tab, setTab] = useState("html");
  const place = useRef<Place>("html");
  const subjectEnd = useRef<InputProps.Ref>(null);
  const editor = useRef<InsertHandle>(null);
  const latest = useRef(content);
  latest.current = content;
  const groups = variableGroups(names.data);
  const change = (part: Partial<MailContent>) => {
    latest.current = { ...latest.current, ...part };
    onChange(latest.current);
  };

  const insert = (name: string) => {
    const variable = `{{${name}}}`;
    if (place.current === "subject") {
      change({ subject: latest.current.subject + variable });
      subjectEnd.current?.focus();
    } else if (place.current === "text" || tab === "text") change({ text: latest.current.text + variable });
    else editor.current?.insert(variable);
  };

  const menu = (
    <ButtonDropdown
      ariaLabel="Insert a variable"
      expandToViewport
      items={groups.map(({ title, variables }) => ({
        id: title,
        text: title,
        items: variables.map((name) => ({ id: name, text: name.replace(/^User\.UserAttributes\.|^Attributes\.|^Metrics\./, "") })),
      }))}
      expandableGroups
      onItemClick={({ detail }) => insert(detail.id)}
    >
      Insert a variable
    </ButtonDropdown>
  );

  return (
    <SpaceBetween size="m">
      <FormField label="Subject" errorText={subjectError} stretch>
        <Input
          ref={subjectEnd}
          value={content.subject}
          onFocus={() => (place.current = "subject")}
          onChange={({ detail }) => change({ subject: detail.value })}
        />
      </FormField>
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => {
          setTab(detail.activeTabId);
          place.current = detail.activeTabId === "text" ? "text" : "html";
        }}
        actions={menu}
        tabs={[
          {
            id: "html",
            label: "HTML",
            content: (
              <SpaceBetween size="xs">
                <SegmentedControl
                  label="Editor"
                  selectedId={mode}
                  onChange={({ detail }) => {
                    setMode(detail.selectedId === "source" ? "source" : "visual");
                    place.current = "html";
                  }}
                  options={[
                    { id: "visual", text: "Visual" },
                    { id: "source", text: "Source" },
                  ]}
                />
                <div onFocusCapture={() => (place.current = "html")} onMouseDownCapture={() => (place.current = "html")}>
                  {mode === "visual" ? (
                    <VisualEditor
                      ref={editor}
                      label="HTML message"
                      value={content.html}
                      onChange={(html) => {
                        place.current = "html";
                        change({ html });
                      }}
                    />
                  ) : (
                    <Suspense fallback={<Loading label="Loading the editor" />}>
                      <SourceEditor
                        ref={editor}
                        label="HTML source"
                        value={content.html}
                        variables={groups.flatMap(({ variables }) => variables)}
                        onChange={(html) => change({ html })}
                      />
                    </Suspense>
                  )}
                </div>
              </SpaceBetween>
            ),
          },
          {
            id: "text",
            label: "Plain text",
            content: (
              <SpaceBetween size="xs">
                {content.text.trim() === "" && content.html.trim() !== "" && (
                  <Alert
                    type="info"
                    action={<Button onClick={() => change({ text: textOf(content.html) })}>Write it from the HTML</Button>}
                  >
                    Some readers, and spam filters, look at the plain text.
                  </Alert>
                )}
                <FormField label="Plain text message" stretch>
                  <Textarea
                    rows={16}
                    value={content.text}
                    onFocus={() => (place.current = "text")}
                    onChange={({ detail }) => change({ text: detail.value })}
                  />
                </FormField>
              </SpaceBetween>
            ),
          },
        ]}
      />
    </SpaceBetween>
  );
}
