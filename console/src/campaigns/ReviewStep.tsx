/** The wizard's last step: everything at a glance, and a dry run before anything is sent. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useEmailChannel, useSegments, useSegmentSize } from "../api/queries";
import { LoadError, Loading } from "../components/waiting";
import { count, NONE, plural } from "../format/numbers";
import { paths } from "../paths";
import { errorText } from "../shell/flash";
import { channels, contentText } from "./content";
import { defaultShare, limitsOf, toRequest } from "./draft";
import type { CampaignDraft } from "./draft";
import { DryRunView } from "./dryRun/DryRunView";
import { useDryRun, useStartDryRun } from "./dryRun/useDryRun";
import { limitTexts } from "./LimitsStep";
import { safetyTexts } from "./safety";
import { reachable } from "./reach";
import { scheduleText, triggered } from "./schedule";
import type { StepProps } from "./steps";

function ReviewDryRun({ app, draft }: { app: string; draft: CampaignDraft }) {
  const [id, setId] = useState<string>();
  const start = useStartDryRun(app, (run) => setId(run.id));
  const run = useDryRun(app, id);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Goes through everyone in the segment with every rule that the real run will follow, and sends nothing."
          actions={
            <Button loading={start.isPending || run.data?.state === "RUNNING"} onClick={() => start.mutate({ campaign: toRequest(draft) })}>
              Start a dry run
            </Button>
          }
        >
          Try it without sending
        </Header>
      }
    >
      {start.isError ? (
        <Alert type="error" header="The dry run was not started">
          {errorText(start.error)}
        </Alert>
      ) : id === undefined ? (
        <Box color="text-body-secondary">Nothing was tried yet.</Box>
      ) : run.isError ? (
        <LoadError error={run.error} retry={() => void run.refetch()} />
      ) : run.data === undefined ? (
        <Loading label="Starting" />
      ) : (
        <SpaceBetween size="m">
          <DryRunView app={app} run={run.data} />
          <Link href={paths.dryRun(app, run.data.id)} external target="_blank">
            Open this dry run on a page of its own
          </Link>
        </SpaceBetween>
      )}
    </Container>
  );
}

export function ReviewStep({ app, draft, dryRun }: StepProps & { dryRun: boolean }) {
  const segments = useSegments(app);
  const size = useSegmentSize(app, draft.segmentId);
  const channel = useEmailChannel(app);
  const several = draft.treatments.length > 1;
  const reach = size.data === undefined ? undefined : reachable(draft.channel, draft.transport, size.data.targetable);
  const title = channels.find(({ value }) => value === draft.channel)?.label ?? draft.channel;
  const quiet = draft.schedule.quietStart === "" ? "The project’s" : `${draft.schedule.quietStart} to ${draft.schedule.quietEnd}`;
  const limits = limitsOf(draft.channel)
    .filter((field) => draft.limits[field].trim() !== "")
    .map((field) => ({ label: limitTexts[field].label, value: draft.limits[field] }));
  const bounds = [
    ...limits,
    ...(draft.hook.kind === "none" || draft.channel === "IN_APP" ? [] : [{ label: "Hook", value: draft.hook.target }]),
    ...(draft.channel === "IN_APP" ? [] : safetyTexts(draft.safety)),
  ];
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Audience and schedule</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Campaign", value: draft.name },
            { label: "Channel", value: title },
            { label: "Segment", value: segments.data?.find(({ Id }) => Id === draft.segmentId)?.Name ?? draft.segmentId },
            {
              label: "Reachable now",
              value: reach === undefined ? NONE : `${count(reach)} of ${plural(size.data?.endpoints ?? 0, "endpoint")}`,
            },
            { label: "When", value: scheduleText(draft.schedule) },
            { label: "Quiet time", value: quiet },
            ...(draft.channel === "EMAIL"
              ? [{ label: "From", value: draft.transport.fromAddress.trim() || (channel.data?.FromAddress ?? NONE) }]
              : []),
            ...(draft.channel === "CUSTOM" ? [{ label: "Handed to", value: draft.transport.deliveryUri }] : []),
            ...(triggered(draft.schedule.kind) ? [{ label: "Waits for", value: draft.schedule.filter.events.join(", ") }] : []),
            { label: "Holdout", value: `${draft.holdout}%` },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">{several ? "Treatments" : "Message"}</Header>}>
        <KeyValuePairs
          columns={1}
          items={draft.treatments.map((treatment, index) => ({
            label: several ? `${treatment.name}, ${index === 0 ? defaultShare(draft) : treatment.share}%` : "Content",
            value: (
              <>
                {contentText(treatment.content)}
                {treatment.schedule !== undefined && <Box color="text-body-secondary">{scheduleText(treatment.schedule)}</Box>}
              </>
            ),
          }))}
        />
      </Container>
      <Container header={<Header variant="h2">Limits and safety</Header>}>
        {bounds.length === 0 ? <Box>No limits.</Box> : <KeyValuePairs columns={2} items={bounds} />}
      </Container>
      {dryRun && !triggered(draft.schedule.kind) && <ReviewDryRun app={app} draft={draft} />}
    </SpaceBetween>
  );
}
