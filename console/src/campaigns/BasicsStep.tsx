/** The wizard's first step: what the campaign is called and how it travels. */
import Alert from "@cloudscape-design/components/alert";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import Tiles from "@cloudscape-design/components/tiles";
import { channels } from "./content";
import type { Channel } from "./content";
import { onChannel } from "./draft";
import type { StepProps } from "./steps";

interface Props extends StepProps {
  /** Channels that a stored campaign has content for and this wizard does not show. */
  unshown: Channel[];
  /** Whether the channel is settled. */
  settled: boolean;
}

export function BasicsStep({ draft, problems, unshown, settled, onChange }: Props) {
  const names = unshown.map((channel) => channels.find(({ value }) => value === channel)?.label ?? channel);
  return (
    <SpaceBetween size="l">
      {names.length > 0 && (
        <Alert type="warning">
          This campaign also has content for other channels ({names.join(", ")}). It is not shown here, and is lost if you
          change the message.
        </Alert>
      )}
      <Container header={<Header variant="h2">Campaign</Header>}>
        <SpaceBetween size="m">
          <FormField label="Campaign name" errorText={problems.name}>
            <Input value={draft.name} onChange={({ detail }) => onChange({ ...draft, name: detail.value })} />
          </FormField>
          <FormField label="Description" description="What it is for; shown with its results.">
            <Textarea rows={2} value={draft.description} onChange={({ detail }) => onChange({ ...draft, description: detail.value })} />
          </FormField>
          <FormField label="Channel" stretch>
            <Tiles
              ariaLabel="Channel"
              value={draft.channel}
              items={channels.map((channel) => ({ ...channel, disabled: settled && channel.value !== draft.channel }))}
              onChange={({ detail }) => onChange(onChannel(draft, detail.value as Channel))}
            />
          </FormField>
        </SpaceBetween>
      </Container>
    </SpaceBetween>
  );
}
