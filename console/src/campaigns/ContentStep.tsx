/** The wizard's message step: one content, or several to compare, and who is left out. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { pinpoint } from "../api/client";
import { useEmailChannel, useTemplates } from "../api/queries";
import { Actions } from "../components/Page";
import { MailEditor } from "../mail/MailEditor";
import { PreviewPanel } from "../mail/PreviewPanel";
import { messageOf, SendTest } from "../mail/SendTest";
import { starterMail } from "../mail/starter";
import { parseDefaults } from "../mail/variables";
import { paths } from "../paths";
import { ADDITIONAL_TREATMENTS_MAX, defaultShare, emptyContent, nextTreatmentName } from "./draft";
import type { CampaignDraft, Content, DraftTreatment, Problems } from "./draft";
import { ShareBar } from "./ShareBar";
import "../mail/editor.css";

interface ContentProps {
  app: string;
  content: Content;
  fromAddress: string;
  problem?: string;
  onChange: (content: Content) => void;
}

function useTemplate(content: Content) {
  const name = content.kind === "template" ? content.template : "";
  const version = content.kind === "template" && content.version !== "" ? content.version : undefined;
  return useQuery({
    queryKey: ["template", name, version, "shown"],
    queryFn: ({ signal }) => pinpoint("GetEmailTemplate", { path: { "template-name": name }, query: { version }, signal }),
    enabled: name !== "",
  });
}

function ContentEditor({ app, content, fromAddress, problem, onChange }: ContentProps) {
  const templates = useTemplates();
  const template = useTemplate(content);
  const [endpointId, setEndpointId] = useState("");
  const [testing, setTesting] = useState(false);
  const options = (templates.data ?? []).map(({ TemplateName, TemplateDescription }) => ({
    value: TemplateName,
    label: TemplateName,
    description: TemplateDescription,
  }));
  const shown =
    content.kind === "inline"
      ? content
      : {
          subject: template.data?.Subject ?? "",
          html: template.data?.HtmlPart ?? "",
          text: template.data?.TextPart ?? "",
        };
  const ready = content.kind === "inline" || template.data !== undefined;
  const from = fromAddress.trim();
  return (
    <SpaceBetween size="m">
      {testing && (
        <SendTest
          app={app}
          subject={
            content.kind === "template"
              ? { template: { Name: content.template, ...(content.version === "" ? {} : { Version: content.version }) } }
              : { message: messageOf(content, from) }
          }
          endpointId={endpointId}
          onClose={() => setTesting(false)}
        />
      )}
      <Actions>
        <SegmentedControl
          label="Content"
          selectedId={content.kind}
          onChange={({ detail }) =>
            onChange(
              detail.selectedId === "inline"
                ? { kind: "inline", subject: shown.subject, html: shown.html === "" ? starterMail : shown.html, text: shown.text }
                : emptyContent(),
            )
          }
          options={[
            { id: "template", text: "Use a template" },
            { id: "inline", text: "Write it here" },
          ]}
        />
        <Button disabled={!ready} onClick={() => setTesting(true)}>
          Send a test
        </Button>
      </Actions>
      {content.kind === "template" ? (
        <FormField label="Template" errorText={problem} stretch>
          <Select
            placeholder="Choose a template"
            filteringType="auto"
            selectedOption={
              content.template === ""
                ? null
                : (options.find(({ value }) => value === content.template) ?? { value: content.template, label: content.template })
            }
            options={options}
            statusType={templates.isPending ? "loading" : templates.isError ? "error" : "finished"}
            empty="No templates yet"
            onChange={({ detail }) => onChange({ kind: "template", template: detail.selectedOption.value ?? "", version: "" })}
          />
        </FormField>
      ) : (
        problem !== undefined && <Alert type="error">{problem}</Alert>
      )}
      {content.kind === "inline" && (
        <MailEditor app={app} content={content} onChange={(mail) => onChange({ kind: "inline", ...mail })} />
      )}
      {ready && (
        <PreviewPanel
          app={app}
          content={{ subject: shown.subject, html: shown.html, text: shown.text }}
          defaults={parseDefaults(template.data?.DefaultSubstitutions) ?? {}}
          templated={content.kind === "template"}
          endpointId={endpointId}
          onEndpoint={setEndpointId}
        />
      )}
    </SpaceBetween>
  );
}

interface Props {
  app: string;
  draft: CampaignDraft;
  problems: Problems;
  onChange: (draft: CampaignDraft) => void;
}

export function ContentStep({ app, draft, problems, onChange }: Props) {
  const channel = useEmailChannel(app);
  const several = draft.treatments.length > 1;
  const setTreatment = (index: number, part: Partial<DraftTreatment>) =>
    onChange({
      ...draft,
      treatments: draft.treatments.map((one, place) => (place === index ? { ...one, ...part } : one)),
    });
  const add = () => {
    const count = draft.treatments.length;
    const name = nextTreatmentName(count);
    const share = String(Math.max(1, Math.floor(defaultShare(draft) / 2)));
    const content = draft.treatments[0]?.content ?? emptyContent();
    onChange({ ...draft, treatments: [...draft.treatments, { name, share, content }] });
  };
  const channelOff = channel.data === null || channel.data?.Enabled === false;
  return (
    <SpaceBetween size="l">
      {channelOff && draft.fromAddress.trim() === "" && (
        <Alert type="warning" action={<Button href={paths.emailChannel(app)}>Set up the email channel</Button>}>
          The email channel of this project is not set up, so there is no sender address.
        </Alert>
      )}
      {problems.shares !== undefined && <Alert type="error">{problems.shares}</Alert>}
      <Container header={<Header variant="h2">Who gets what</Header>}>
        <SpaceBetween size="m">
          <ShareBar
            parts={[
              ...draft.treatments.map(({ name, share }, index) => ({
                label: several ? `Treatment ${name}` : "Message",
                percent: index === 0 ? Math.max(0, defaultShare(draft)) : Number(share) || 0,
              })),
              { label: "Holdout, gets nothing", percent: Number(draft.holdout) || 0, quiet: true },
            ]}
          />
          <FormField
            label="Holdout (percent)"
            description="People who get nothing, so that you can see what the message changes."
            errorText={problems.holdout}
          >
            <Input
              type="number"
              inputMode="numeric"
              value={draft.holdout}
              onChange={({ detail }) => onChange({ ...draft, holdout: detail.value })}
            />
          </FormField>
          <FormField label="From address" description={`Leave it empty to use the channel's: ${channel.data?.FromAddress ?? "none yet"}.`}>
            <Input value={draft.fromAddress} onChange={({ detail }) => onChange({ ...draft, fromAddress: detail.value })} />
          </FormField>
        </SpaceBetween>
      </Container>
      {draft.treatments.map((treatment, index) => (
        <Container
          key={index}
          header={
            <Header
              variant="h2"
              actions={
                index > 0 && (
                  <Button
                    ariaLabel={`Remove treatment ${treatment.name}`}
                    onClick={() => onChange({ ...draft, treatments: draft.treatments.filter((_, place) => place !== index) })}
                  >
                    Remove
                  </Button>
                )
              }
            >
              {several ? `Treatment ${treatment.name}` : "Message"}
            </Header>
          }
        >
          <SpaceBetween size="m">
            {several && (
              <div className="treatment-fields">
                <FormField label="Treatment name">
                  <Input value={treatment.name} onChange={({ detail }) => setTreatment(index, { name: detail.value })} />
                </FormField>
                {index === 0 ? (
                  <FormField label="Share (percent)">
                    <Box padding={{ top: "xxs" }}>{defaultShare(draft)}, all that the others leave</Box>
                  </FormField>
                ) : (
                  <FormField label="Share (percent)" errorText={problems[`treatment.${index}.share`]}>
                    <Input
                      type="number"
                      inputMode="numeric"
                      value={treatment.share}
                      onChange={({ detail }) => setTreatment(index, { share: detail.value })}
                    />
                  </FormField>
                )}
              </div>
            )}
            <ContentEditor
              app={app}
              content={treatment.content}
              fromAddress={draft.fromAddress}
              problem={problems[`treatment.${index}.content`]}
              onChange={(content) => setTreatment(index, { content })}
            />
          </SpaceBetween>
        </Container>
      ))}
      <Button
        iconName="add-plus"
        disabled={draft.treatments.length > ADDITIONAL_TREATMENTS_MAX}
        disabledReason={`A campaign has at most ${ADDITIONAL_TREATMENTS_MAX + 1} treatments.`}
        onClick={add}
      >
        Add a treatment to compare
      </Button>
    </SpaceBetween>
  );
}
