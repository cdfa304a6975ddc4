/** A text message in the wizard. */
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useQuery } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import { parseDefaults } from "../../mail/variables";
import { emptyContent } from "../content";
import type { MessageProps } from "./props";
import { SourceChoice } from "./SourceChoice";
import { TemplateChoice } from "./TemplateChoice";
import { TextsPreview } from "./TextsPreview";

export function SmsMessage({ app, content, problem, onChange }: MessageProps) {
  const name = content.kind === "template" ? content.template : "";
  const template = useQuery({
    queryKey: ["sms-template", name],
    queryFn: ({ signal }) => pinpoint("GetSmsTemplate", { path: { "template-name": name }, signal }),
    enabled: name !== "",
  });
  const body = content.kind === "SMS" ? content.body : (template.data?.Body ?? "");
  return (
    <SpaceBetween size="m">
      <SourceChoice
        written={content.kind === "SMS"}
        onChange={(write) => onChange(write ? { kind: "SMS", body } : emptyContent("SMS"))}
      />
      {content.kind === "SMS" ? (
        <FormField
          label="Text"
          description="Variables such as {{User.UserAttributes.FirstName}} are filled in for each person."
          errorText={problem}
          stretch
        >
          <Textarea rows={4} value={content.body} onChange={({ detail }) => onChange({ kind: "SMS", body: detail.value })} />
        </FormField>
      ) : (
        <TemplateChoice type="SMS" template={name} problem={problem} onChange={onChange} />
      )}
      <TextsPreview app={app} sms parts={{ Text: body }} defaults={parseDefaults(template.data?.DefaultSubstitutions) ?? {}} />
    </SpaceBetween>
  );
}
