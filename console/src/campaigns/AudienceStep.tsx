/** The wizard's audience step: a segment, with its exact size. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useSegments, useSegmentSize } from "../api/queries";
import { LoadError, Loading } from "../components/waiting";
import { paths } from "../paths";
import { EvaluationTime, SizeFigures } from "../segments/SizeFigures";
import { channels } from "./content";
import { reachable } from "./reach";
import type { StepProps } from "./steps";

export function AudienceStep({ app, draft, problems, onChange }: StepProps) {
  const segments = useSegments(app);
  const size = useSegmentSize(app, draft.segmentId);
  const options = (segments.data ?? []).map(({ Id, Name, SegmentType }) => ({
    value: Id,
    label: Name ?? Id,
    description: SegmentType === "IMPORT" ? "Imported" : "Dynamic",
  }));
  const reach = size.data === undefined ? undefined : reachable(draft.channel, draft.transport, size.data.targetable);
  const channel = channels.find(({ value }) => value === draft.channel)?.label.toLowerCase() ?? draft.channel;
  return (
    <Container header={<Header variant="h2">Audience</Header>}>
      <SpaceBetween size="m">
        <FormField
          label="Segment"
          errorText={problems.segment}
          secondaryControl={<Button href={paths.newSegment(app)}>Create a segment</Button>}
        >
          <Select
            placeholder="Choose a segment"
            filteringType="auto"
            selectedOption={options.find(({ value }) => value === draft.segmentId) ?? null}
            options={options}
            statusType={segments.isPending ? "loading" : segments.isError ? "error" : "finished"}
            empty="No segments yet"
            onChange={({ detail }) => onChange({ ...draft, segmentId: detail.selectedOption.value ?? "" })}
          />
        </FormField>
        {draft.segmentId !== "" &&
          (size.isError ? (
            <LoadError error={size.error} />
          ) : size.data === undefined ? (
            <Loading label="Counting" />
          ) : (
            <SpaceBetween size="s">
              <SizeFigures size={size.data} />
              <EvaluationTime size={size.data} />
              {reach === 0 && <Alert type="warning">Nobody in this segment can be reached by {channel} at the moment.</Alert>}
            </SpaceBetween>
          ))}
      </SpaceBetween>
    </Container>
  );
}
