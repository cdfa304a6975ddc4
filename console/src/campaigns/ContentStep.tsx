/** The wizard's message step: one content, or several to compare, and who is left out. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ComponentType } from "react";
import { useEmailChannel } from "../api/queries";
import { paths } from "../paths";
import { emptyContent } from "./content";
import type { Channel } from "./content";
import { ADDITIONAL_TREATMENTS_MAX, defaultShare, nextTreatmentName } from "./draft";
import type { CampaignDraft, DraftTreatment } from "./draft";
import { CustomMessage } from "./message/CustomMessage";
import { EmailMessage } from "./message/EmailMessage";
import { InAppMessage } from "./message/InAppMessage";
import type { MessageProps } from "./message/props";
import { PushMessage } from "./message/PushMessage";
import { SmsMessage } from "./message/SmsMessage";
import { TransportFields } from "./message/TransportFields";
import { ShareBar } from "./ShareBar";
import type { StepProps } from "./steps";
import "../mail/editor.css";

const editors: Record<Channel, ComponentType<MessageProps>> = {
  EMAIL: EmailMessage,
  PUSH: PushMessage,
  SMS: SmsMessage,
  CUSTOM: CustomMessage,
  IN_APP: InAppMessage,
};

function ChannelWarning({ app, draft }: { app: string; draft: CampaignDraft }) {
  const email = useEmailChannel(app);
  const off = email.data === null || email.data?.Enabled === false;
  if (draft.channel !== "EMAIL" || !off || draft.transport.fromAddress.trim() !== "") return null;
  return (
    <Alert type="warning" action={<Button href={paths.emailChannel(app)}>Set up the email channel</Button>}>
      The email channel of this project is not set up, so there is no sender address.
    </Alert>
  );
}

function Shares({ draft }: { draft: CampaignDraft }) {
  const several = draft.treatments.length > 1;
  return (
    <ShareBar
      parts={[
        ...draft.treatments.map(({ name, share }, index) => ({
          label: several ? `Treatment ${name}` : "Message",
          percent: index === 0 ? Math.max(0, defaultShare(draft)) : Number(share) || 0,
        })),
        { label: "Holdout, gets nothing", percent: Number(draft.holdout) || 0, quiet: true },
      ]}
    />
  );
}

export function ContentStep({ app, draft, problems, frozen, onChange }: StepProps) {
  const several = draft.treatments.length > 1;
  const Editor = editors[draft.channel];
  const setTreatment = (index: number, part: Partial<DraftTreatment>) =>
    onChange({
      ...draft,
      treatments: draft.treatments.map((one, place) => (place === index ? { ...one, ...part } : one)),
    });
  const add = () => {
    const name = nextTreatmentName(draft.treatments.length);
    const share = String(Math.max(1, Math.floor(defaultShare(draft) / 2)));
    const content = draft.treatments[0]?.content ?? emptyContent(draft.channel);
    onChange({ ...draft, treatments: [...draft.treatments, { name, share, content }] });
  };
  return (
    <SpaceBetween size="l">
      <ChannelWarning app={app} draft={draft} />
      {frozen && <Alert type="info">The campaign has run, so its treatments and its holdout stay as they are.</Alert>}
      {problems.shares !== undefined && <Alert type="error">{problems.shares}</Alert>}
      <Container header={<Header variant="h2">Who gets what</Header>}>
        <SpaceBetween size="m">
          <Shares draft={draft} />
          <FormField
            label="Holdout (percent)"
            description="People who get nothing, so that you can see what the message changes."
            errorText={problems.holdout}
          >
            <Input
              type="number"
              inputMode="numeric"
              disabled={frozen}
              value={draft.holdout}
              onChange={({ detail }) => onChange({ ...draft, holdout: detail.value })}
            />
          </FormField>
          <TransportFields
            app={app}
            channel={draft.channel}
            transport={draft.transport}
            problem={problems.transport}
            onChange={(transport) => onChange({ ...draft, transport })}
          />
        </SpaceBetween>
      </Container>
      {draft.treatments.map((treatment, index) => {
        const fixed = frozen && index > 0;
        return (
          <Container
            key={index}
            header={
              <Header
                variant="h2"
                actions={
                  index > 0 && (
                    <Button
                      ariaLabel={`Remove treatment ${treatment.name}`}
                      disabled={frozen}
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
                    <Input value={treatment.name} disabled={fixed} onChange={({ detail }) => setTreatment(index, { name: detail.value })} />
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
                        disabled={fixed}
                        value={treatment.share}
                        onChange={({ detail }) => setTreatment(index, { share: detail.value })}
                      />
                    </FormField>
                  )}
                </div>
              )}
              {!fixed && (
                <Editor
                  app={app}
                  content={treatment.content}
                  transport={draft.transport}
                  problem={problems[`treatment.${index}.content`]}
                  onChange={(content) => setTreatment(index, { content })}
                />
              )}
            </SpaceBetween>
          </Container>
        );
      })}
      <Button
        iconName="add-plus"
        disabled={frozen || draft.treatments.length > ADDITIONAL_TREATMENTS_MAX}
        disabledReason={frozen ? "The campaign has run." : `A campaign has at most ${ADDITIONAL_TREATMENTS_MAX + 1} treatments.`}
        onClick={add}
      >
        Add a treatment to compare
      </Button>
    </SpaceBetween>
  );
}
