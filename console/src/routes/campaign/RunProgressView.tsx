/** How far a run is, and what became of everyone it planned to reach. */
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import type { RunProgress, TreatmentProgress } from "../../api/beckon";
import { OutcomeBar, OutcomeFigures, OutcomeTable } from "../../campaigns/OutcomeBreakdown";
import { groupColours, groupTexts } from "../../campaigns/outcomes";
import { ShareBar } from "../../campaigns/ShareBar";
import { treatmentName } from "../../campaigns/treatmentName";
import { count, plural, share } from "../../format/numbers";
import { duration, instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { Held } from "./Held";
import { runText } from "./runText";
import { VerifyRun } from "./VerifyRun";

interface Props {
  app: string;
  runs: RunProgress[];
  /** The run that is shown; without, the newest. */
  runId: string | undefined;
  campaign: CampaignResponse;
  onRun: (runId: string) => void;
  onOutcome: (outcome: string) => void;
}

function waitingText({ Schedule, State }: CampaignResponse): string {
  if (State?.CampaignStatus === "PAUSED") return "The campaign is paused and has not begun.";
  if (Schedule?.Frequency === "IN_APP_EVENT") return "The server sends nothing by itself: apps fetch the message and show it.";
  const start = Schedule?.StartTime;
  if (start === undefined || start.toUpperCase() === "IMMEDIATE") return "The campaign is about to begin.";
  if (State?.CampaignStatus === "COMPLETED") return "The campaign ended without a run.";
  if (Schedule?.Frequency === "EVENT") return `The campaign waits for events from ${instant(start)}.`;
  return `The campaign begins ${instant(start)}.`;
}

function timing({ started, ended }: RunProgress): string | undefined {
  if (started === undefined) return undefined;
  if (ended === undefined) return `Began ${instant(started)}`;
  return `Began ${instant(started)}, took ${duration((Date.parse(ended) - Date.parse(started)) / 1000)}`;
}

/** The zones that the run's sweep has been through; the activities count them. */
function Zones({ app, campaign, run }: { app: string; campaign: CampaignResponse; run: RunProgress }) {
  const ids = run.treatments.map(({ activityId }) => activityId);
  const activities = useQuery({
    queryKey: ["campaign", app, campaign.Id, "activities", run.runId, run.remaining],
    queryFn: ({ signal }) =>
      pinpoint("GetCampaignActivities", { path: { "application-id": app, "campaign-id": campaign.Id }, query: { "page-size": "100" }, signal }),
  });
  const swept = (activities.data?.Item ?? []).find(({ Id, TimezonesTotalCount: all = 0 }) => ids.includes(Id) && all > 0);
  if (swept === undefined) return null;
  const { TimezonesCompletedCount: done = 0, TimezonesTotalCount: all = 0 } = swept;
  return (
    <ProgressBar
      label="Time zones"
      ariaLabel="Time zones"
      value={share(done, all)}
      description={`${count(done)} of ${plural(all, "time zone")} reached`}
      resultText={`${count(all)} time zones reached`}
    />
  );
}

function remainingOf({ planned, sent, skipped, failed, inDoubt }: TreatmentProgress): number {
  return Math.max(0, planned - sent - skipped - failed - inDoubt);
}

function Treatments({ run, campaign }: { run: RunProgress; campaign: CampaignResponse }) {
  return (
    <Table
      variant="embedded"
      header={<Box variant="h3">By treatment</Box>}
      ariaLabels={{ tableLabel: "Treatments" }}
      wrapLines
      items={run.treatments}
      trackBy="id"
      columnDefinitions={[
        { id: "name", header: "Treatment", isRowHeader: true, cell: ({ id, name }) => name ?? treatmentName(campaign, id) },
        {
          id: "bar",
          header: "Share",
          minWidth: 120,
          cell: (treatment) => (
            <ShareBar
              bare
              label={`Outcomes of ${treatment.name ?? treatmentName(campaign, treatment.id)}`}
              parts={(["sent", "skipped", "failed", "inDoubt"] as const).map((group) => ({
                label: groupTexts[group],
                amount: treatment[group],
                colour: groupColours[group],
                percent: share(treatment[group], treatment.planned),
              }))}
            />
          ),
        },
        { id: "planned", header: "Planned", cell: ({ planned }) => count(planned) },
        { id: "sent", header: "Sent", cell: ({ sent }) => count(sent) },
        { id: "skipped", header: "Skipped", cell: ({ skipped }) => count(skipped) },
        { id: "failed", header: "Failed", cell: ({ failed }) => count(failed) },
        { id: "inDoubt", header: "In doubt", cell: ({ inDoubt }) => count(inDoubt) },
        { id: "remaining", header: "Remaining", cell: (treatment) => count(remainingOf(treatment)) },
      ]}
    />
  );
}

export function RunProgressView({ app, runs, runId, campaign, onRun, onOutcome }: Props) {
  const run = runs.find((one) => one.runId === runId) ?? runs[0];
  if (run === undefined) return <Box>{waitingText(campaign)}</Box>;
  const done = run.planned - run.remaining;
  const options = runs.map((one) => ({ value: one.runId, label: runText(one) }));
  return (
    <SpaceBetween size="m">
      {run.held !== undefined && <Held app={app} campaign={campaign} held={run.held} />}
      {runs.length > 1 && (
        <FormField label="Run">
          <Select
            selectedOption={options.find(({ value }) => value === run.runId) ?? null}
            options={options}
            onChange={({ detail }) => onRun(detail.selectedOption.value ?? run.runId)}
          />
        </FormField>
      )}
      <ProgressBar
        label="Campaign progress"
        ariaLabel="Campaign progress"
        value={run.planned === 0 ? 100 : share(done, run.planned)}
        status={run.ended === undefined ? "in-progress" : "success"}
        additionalInfo={
          <>
            {timing(run)} {run.ended === undefined && run.stage !== undefined && <Badge>{run.stage === "canary" ? "Canary" : "After the canary"}</Badge>}
          </>
        }
        description={`${count(done)} of ${plural(run.planned, "person").replace("persons", "people")} decided`}
        resultText={`Everyone is accounted for: ${count(run.planned)} planned, ${count(done)} decided.`}
      />
      <Zones app={app} campaign={campaign} run={run} />
      <OutcomeFigures planned={run.planned} outcomes={run.outcomes} />
      <OutcomeBar planned={run.planned} outcomes={run.outcomes} />
      <OutcomeTable planned={run.planned} outcomes={run.outcomes} onOutcome={onOutcome} />
      {run.treatments.length > 1 && <Treatments run={run} campaign={campaign} />}
      <VerifyRun key={run.runId} app={app} campaignId={campaign.Id} runId={run.runId} />
    </SpaceBetween>
  );
}
