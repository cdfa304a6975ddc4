/** Everything about a campaign at a glance, before its launch and after. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEmailChannel, useSegments, useSegmentSize } from "../api/queries";
import { count, NONE, plural } from "../format/numbers";
import { paths } from "../paths";
import { channels, contentText } from "./content";
import { defaultShare, limitsOf } from "./draft";
import type { CampaignDraft } from "./draft";
import { limitTexts } from "./LimitsStep";
import { reachable } from "./reach";
import { safetyTexts } from "./safety";
import { scheduleText, triggered } from "./schedule";

export function CampaignSummary({ app, draft }: { app: string; draft: CampaignDraft }) {
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
            {
              label: "Segment",
              value: (
                <Link href={paths.segment(app, draft.segmentId)}>
                  {segments.data?.find(({ Id }) => Id === draft.segmentId)?.Name ?? draft.segmentId}
                </Link>
              ),
            },
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
    </SpaceBetween>
  );
}
