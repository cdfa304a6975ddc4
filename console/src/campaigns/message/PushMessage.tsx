/** A push notification in the wizard. */
import Alert from "@cloudscape-design/components/alert";
import Checkbox from "@cloudscape-design/components/checkbox";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import type { Action } from "../../generated/wire";
import { parseDefaults } from "../../mail/variables";
import { emptyContent, writtenContent } from "../content";
import type { Content } from "../content";
import type { MessageProps } from "./props";
import { SourceChoice } from "./SourceChoice";
import { TemplateChoice } from "./TemplateChoice";
import { TextsPreview } from "./TextsPreview";

const actions: { value: Action; label: string }[] = [
  { value: "OPEN_APP", label: "Opens the app" },
  { value: "DEEP_LINK", label: "Opens a place in the app" },
  { value: "URL", label: "Opens a web page" },
];

type Push = Extract<Content, { kind: "PUSH" }>;

function Fields({ content, onChange }: { content: Push; onChange: (content: Push) => void }) {
  const set = (part: Partial<Push>) => onChange({ ...content, ...part });
  return (
    <SpaceBetween size="m">
      <FormField label="Title" stretch>
        <Input value={content.title} onChange={({ detail }) => set({ title: detail.value })} />
      </FormField>
      <FormField label="Text" description="Variables such as {{User.UserAttributes.FirstName}} are filled in for each person." stretch>
        <Textarea rows={3} value={content.body} onChange={({ detail }) => set({ body: detail.value })} />
      </FormField>
      <FormField label="What a tap does">
        <RadioGroup value={content.action} items={actions} onChange={({ detail }) => set({ action: detail.value as Action })} />
      </FormField>
      {content.action !== "OPEN_APP" && (
        <FormField label="Address" stretch>
          <Input type="url" value={content.url} onChange={({ detail }) => set({ url: detail.value })} />
        </FormField>
      )}
      <ExpandableSection headerText="Picture, silent delivery, raw payload">
        <SpaceBetween size="m">
          <FormField label="Picture" description="The address of a picture that is shown with the text." stretch>
            <Input type="url" value={content.imageUrl} onChange={({ detail }) => set({ imageUrl: detail.value })} />
          </FormField>
          <Checkbox checked={content.silent} onChange={({ detail }) => set({ silent: detail.checked })}>
            Silent: wakes the app and shows nothing
          </Checkbox>
          <FormField label="Raw payload" description="JSON for the push service; it replaces everything above." stretch>
            <Textarea rows={4} value={content.raw} onChange={({ detail }) => set({ raw: detail.value })} />
          </FormField>
        </SpaceBetween>
      </ExpandableSection>
    </SpaceBetween>
  );
}

export function PushMessage({ app, content, problem, onChange }: MessageProps) {
  const name = content.kind === "template" ? content.template : "";
  const template = useQuery({
    queryKey: ["push-template", name],
    queryFn: ({ signal }) => pinpoint("GetPushTemplate", { path: { "template-name": name }, signal }),
    enabled: name !== "",
  });
  const stored = template.data?.Default ?? template.data?.GCM ?? template.data?.APNS ?? template.data?.ADM ?? template.data?.Baidu;
  const shown = content.kind === "PUSH" ? content : { title: stored?.Title ?? "", body: stored?.Body ?? "" };
  return (
    <SpaceBetween size="m">
      <SourceChoice
        written={content.kind === "PUSH"}
        onChange={(write) => onChange(write ? { ...(writtenContent("PUSH") as Push), title: shown.title, body: shown.body } : emptyContent("PUSH"))}
      />
      {content.kind === "PUSH" ? (
        <>
          {problem !== undefined && <Alert type="error">{problem}</Alert>}
          <Fields content={content} onChange={onChange} />
        </>
      ) : (
        <TemplateChoice type="PUSH" template={name} problem={problem} onChange={onChange} />
      )}
      <TextsPreview
        app={app}
        parts={{ Title: shown.title, Text: shown.body }}
        defaults={parseDefaults(template.data?.DefaultSubstitutions) ?? {}}
      />
    </SpaceBetween>
  );
}
