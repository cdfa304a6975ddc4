/** Counts a run anew, from its sets and from the event log, and says where they differ. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useMutation } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { Verification } from "../../api/beckon";
import { EndpointLinks } from "../../campaigns/EndpointLinks";
import { outcomeText } from "../../campaigns/outcomes";
import { count, NONE, plural } from "../../format/numbers";
import { errorText } from "../../shell/flash";

/** The kinds of differences in words (`docs/beckon-api.md`, `Verification`). */
const kinds: Record<string, string> = {
  planned: "Planned another number than there are members",
  memberTwice: "Member twice",
  overlapping: "More than one outcome",
  notMember: "Outcome without being a member",
  withoutOutcome: "No outcome though the run ended",
  notRecorded: "Not in the event log",
  recordedOtherwise: "Another outcome in the event log",
  recordedTwice: "Twice in the event log",
  recordedStranger: "In the event log without being a member",
};

function Counts({ answer }: { answer: Verification }) {
  const outcomes = [...new Set([...Object.keys(answer.sets), ...Object.keys(answer.log)])].sort();
  return (
    <ExpandableSection headerText="Both counts">
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: "Both counts" }}
        items={outcomes}
        trackBy={(outcome) => outcome}
        columnDefinitions={[
          { id: "outcome", header: "Outcome", isRowHeader: true, cell: outcomeText },
          { id: "sets", header: "By the sets", cell: (outcome) => count(answer.sets[outcome] ?? 0) },
          {
            id: "log",
            header: "By the event log",
            cell: (outcome) => (answer.log[outcome] === undefined ? NONE : count(answer.log[outcome])),
          },
        ]}
      />
    </ExpandableSection>
  );
}

export function VerifyRun({ app, campaignId, runId }: { app: string; campaignId: string; runId: string }) {
  const verify = useMutation({
    mutationFn: () => beckon<Verification>(`/apps/${app}/campaigns/${campaignId}/runs/${runId}/verification`),
  });
  const answer = verify.data;
  return (
    <SpaceBetween size="s">
      <Button loading={verify.isPending} onClick={() => verify.mutate()}>
        Verify this run
      </Button>
      {verify.isError && (
        <Alert type="error" header="The run could not be verified">
          {errorText(verify.error)}
        </Alert>
      )}
      {answer?.agrees === true && (
        <Alert type="success" header="The run adds up">
          {plural(answer.planned, "endpoint")} planned, each with one outcome
          {answer.remaining > 0 && `, ${count(answer.remaining)} of them still to come`};{" "}
          {answer.recordsKept ? "the event log says the same." : "the event log no longer has records of that time."}
          <Counts answer={answer} />
        </Alert>
      )}
      {answer?.agrees === false && (
        <Alert type="error" header="The run does not add up">
          {answer.overlapping > 0 && <Box>{plural(answer.overlapping, "endpoint")} with more than one outcome.</Box>}
          <Table
            variant="embedded"
            ariaLabels={{ tableLabel: "Differences" }}
            wrapLines
            items={answer.differences}
            trackBy={({ kind, outcome }) => `${kind} ${outcome ?? ""}`}
            columnDefinitions={[
              { id: "kind", header: "Difference", isRowHeader: true, cell: ({ kind }) => kinds[kind] ?? outcomeText(kind) },
              { id: "outcome", header: "Outcome", cell: ({ outcome }) => (outcome === undefined ? NONE : outcomeText(outcome)) },
              { id: "endpoints", header: "Endpoints", cell: ({ endpoints }) => count(endpoints) },
              { id: "sample", header: "Such as", cell: ({ sample }) => <EndpointLinks app={app} ids={sample} /> },
            ]}
          />
          <Counts answer={answer} />
        </Alert>
      )}
    </SpaceBetween>
  );
}
