/** How far the newest run is, and what became of everyone it planned to reach. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { RunProgress } from "../../api/beckon";
import { outcomeText } from "../../campaigns/outcomes";
import { ShareBar } from "../../campaigns/ShareBar";
import { count, plural, share } from "../../format/numbers";
import { duration, instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";

interface Props {
  runs: RunProgress[];
  campaign: CampaignResponse;
  onOutcome: (outcome: string) => void;
}

function waitingText({ Schedule, State }: CampaignResponse): string {
  if (State?.CampaignStatus === "PAUSED") return "The campaign is paused and has not begun.";
  const start = Schedule?.StartTime;
  if (start === undefined || start.toUpperCase() === "IMMEDIATE") return "The campaign is about to begin.";
  return `The campaign begins ${instant(start)}.`;
}

function timing({ started, ended }: RunProgress): string | undefined {
  if (started === undefined) return undefined;
  if (ended === undefined) return `Began ${instant(started)}`;
  return `Began ${instant(started)}, took ${duration((Date.parse(ended) - Date.parse(started)) / 1000)}`;
}

export function RunProgressView({ runs, campaign, onOutcome }: Props) {
  const [run] = runs;
  if (run === undefined) return <Box>{waitingText(campaign)}</Box>;
  const done = run.planned - run.remaining;
  const finished = run.ended !== undefined;
  const outcomes = Object.entries(run.outcomes)
    .filter(([, value]) => value > 0)
    .sort(([, a], [, b]) => b - a);
  const parts = [
    { label: "Sent", amount: run.sent, colour: "#2ea597" },
    { label: "Skipped", amount: run.skipped, colour: "#8b98a9" },
    { label: "Failed", amount: run.failed, colour: "#d13212" },
    { label: "In doubt", amount: run.inDoubt, colour: "#e07941" },
    { label: "Remaining", amount: run.remaining, quiet: true },
  ].map((part) => ({ ...part, percent: share(part.amount, run.planned) }));
  return (
    <SpaceBetween size="m">
      <ProgressBar
        label="Campaign progress"
        ariaLabel="Campaign progress"
        value={run.planned === 0 ? 100 : share(done, run.planned)}
        status={finished ? "success" : "in-progress"}
        additionalInfo={timing(run)}
        description={`${count(done)} of ${plural(run.planned, "person").replace("persons", "people")} decided`}
        resultText={`Everyone is accounted for: ${count(run.planned)} planned, ${count(done)} decided.`}
      />
      <ShareBar parts={parts} label="Outcomes" />
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: "Outcomes" }}
        wrapLines
        items={outcomes}
        trackBy={([outcome]) => outcome}
        columnDefinitions={[
          { id: "outcome", header: "Outcome", isRowHeader: true, cell: ([outcome]) => outcomeText(outcome) },
          { id: "people", header: "People", cell: ([, value]) => count(value) },
          {
            id: "list",
            header: "List",
            cell: ([outcome]) => (
              <Button variant="inline-link" ariaLabel={`Show who: ${outcomeText(outcome)}`} onClick={() => onOutcome(outcome)}>
                Show who
              </Button>
            ),
          },
        ]}
        empty="Nothing has been decided yet."
      />
      {(run.treatments.length > 1 || runs.length > 1) && (
        <ExpandableSection headerText="By run and treatment">
          <Table
            variant="embedded"
            ariaLabels={{ tableLabel: "Treatments" }}
            wrapLines
            items={runs.flatMap((one) => one.treatments.map((treatment) => ({ ...treatment, started: one.started })))}
            trackBy={({ activityId }) => activityId}
            columnDefinitions={[
              { id: "name", header: "Treatment", isRowHeader: true, cell: ({ id, name }) => name ?? id },
              { id: "started", header: "Run", cell: ({ started }) => instant(started) },
              { id: "planned", header: "Planned", cell: ({ planned }) => count(planned) },
              { id: "sent", header: "Sent", cell: ({ sent }) => count(sent) },
              { id: "skipped", header: "Skipped", cell: ({ skipped }) => count(skipped) },
              { id: "failed", header: "Failed", cell: ({ failed }) => count(failed) },
              { id: "inDoubt", header: "In doubt", cell: ({ inDoubt }) => count(inDoubt) },
            ]}
          />
        </ExpandableSection>
      )}
    </SpaceBetween>
  );
}
