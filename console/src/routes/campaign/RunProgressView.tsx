/** How far a run is, and what became of everyone it planned to reach. */
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { RunProgress, TreatmentProgress } from "../../api/beckon";
import { OutcomeBar, OutcomeFigures, OutcomeTable } from "../../campaigns/OutcomeBreakdown";
import { groupColours, groupTexts } from "../../campaigns/outcomes";
import { ShareBar } from "../../campaigns/ShareBar";
import { treatmentName } from "../../campaigns/treatmentName";
import { count, people, plural, share } from "../../format/numbers";
import { duration, instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { Held } from "./Held";
import { runText } from "./runText";
import { VerifyRun } from "./VerifyRun";
import { Zones } from "./Zones";

interface Props {
  app: string;
  runs: RunProgress[];
  /** When they were told, in milliseconds. */
  told: number;
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
  if (Schedule?.Frequency === "EVENT") {
    return State?.CampaignStatus === "EXECUTING"
      ? `The campaign has waited for events since ${instant(start)}. None that fits has come yet.`
      : `The campaign waits for events from ${instant(start)}.`;
  }
  return `The campaign begins ${instant(start)}.`;
}

function timing({ started, ended }: RunProgress): string | undefined {
  if (started === undefined) return undefined;
  if (ended === undefined) return `Began ${instant(started)}`;
  return `Began ${instant(started)}, took ${duration((Date.parse(ended) - Date.parse(started)) / 1000)}`;
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

/** How far `run` has got; of a run that events feed nobody knows who comes next, so it has no share. */
function Advance({ run, fed }: { run: RunProgress; fed: boolean }) {
  const done = run.planned - run.remaining;
  if (fed) {
    return (
      <Box>
        Events have set off {plural(run.planned, "message")} since {instant(run.started)}
        {run.remaining > 0 && `; ${count(run.remaining)} still on the way`}.
      </Box>
    );
  }
  return (
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
      description={`${count(done)} of ${people(run.planned)} decided`}
      resultText={`Everyone is accounted for: ${count(run.planned)} planned, ${count(done)} decided.`}
    />
  );
}

export function RunProgressView({ app, runs, told, runId, campaign, onRun, onOutcome }: Props) {
  const run = runs.find((one) => one.runId === runId) ?? runs[0];
  if (run === undefined) return <Box>{waitingText(campaign)}</Box>;
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
      <Advance run={run} fed={campaign.Schedule?.Frequency === "EVENT" && run.ended === undefined} />
      <Zones zones={run.zones ?? []} now={told} />
      <OutcomeFigures planned={run.planned} outcomes={run.outcomes} />
      <OutcomeBar planned={run.planned} outcomes={run.outcomes} />
      <OutcomeTable planned={run.planned} outcomes={run.outcomes} onOutcome={onOutcome} />
      {run.treatments.length > 1 && <Treatments run={run} campaign={campaign} />}
      <VerifyRun key={run.runId} app={app} campaignId={campaign.Id} runId={run.runId} />
    </SpaceBetween>
  );
}
