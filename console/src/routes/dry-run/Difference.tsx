/** A dry run against a real run of the same campaign. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { DryRunDifference, Progress } from "../../api/beckon";
import { EndpointLinks } from "../../campaigns/EndpointLinks";
import { outcomeText } from "../../campaigns/outcomes";
import { LoadError, Loading } from "../../components/waiting";
import { count } from "../../format/numbers";
import { instant } from "../../format/time";

function signedCount(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value);
}

function Found({ app, difference }: { app: string; difference: DryRunDifference }) {
  const same = difference.moved.length === 0 && difference.outcomes.every(({ planned, actual }) => planned === actual);
  if (same) return <Alert type="success">Everyone had the outcome that the dry run foretold.</Alert>;
  return (
    <SpaceBetween size="l">
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: "Foretold and real" }}
        wrapLines
        items={difference.outcomes}
        trackBy="outcome"
        columnDefinitions={[
          { id: "outcome", header: "Outcome", isRowHeader: true, cell: ({ outcome }) => outcomeText(outcome) },
          { id: "planned", header: "Foretold", cell: ({ planned }) => count(planned) },
          { id: "actual", header: "Real", cell: ({ actual }) => count(actual) },
          { id: "difference", header: "Difference", cell: ({ planned, actual }) => signedCount(actual - planned) },
        ]}
      />
      {difference.moved.length > 0 && (
        <Table
          variant="embedded"
          header={<Box variant="h3">Who turned out otherwise</Box>}
          ariaLabels={{ tableLabel: "Who turned out otherwise" }}
          wrapLines
          items={difference.moved}
          trackBy={({ from, to }) => `${from} ${to}`}
          columnDefinitions={[
            { id: "from", header: "Foretold", isRowHeader: true, cell: ({ from }) => outcomeText(from) },
            { id: "to", header: "Real", cell: ({ to }) => outcomeText(to) },
            { id: "endpoints", header: "Endpoints", cell: ({ endpoints }) => count(endpoints) },
            { id: "sample", header: "Such as", cell: ({ sample }) => <EndpointLinks app={app} ids={sample} /> },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

export function Difference({ app, id, campaignId }: { app: string; id: string; campaignId: string }) {
  const [chosen, setChosen] = useState<string>();
  const progress = useQuery({
    queryKey: ["progress", app, campaignId],
    queryFn: ({ signal }) => beckon<Progress>(`/apps/${app}/campaigns/${campaignId}/progress`, { signal }),
  });
  const runs = (progress.data?.runs ?? []).filter(({ ended }) => ended !== undefined);
  const runId = chosen ?? runs[0]?.runId;
  const difference = useQuery({
    queryKey: ["dry-run-difference", app, id, runId],
    queryFn: ({ signal }) => beckon<DryRunDifference>(`/apps/${app}/dry-runs/${id}/difference`, { query: { run: runId }, signal }),
    enabled: runId !== undefined,
  });
  if (runId === undefined) return null;
  const options = runs.map((run) => ({ value: run.runId, label: instant(run.started ?? run.scheduled) }));
  return (
    <Container header={<Header variant="h2" description="What the dry run foretold, and what became of everyone.">Against the real run</Header>}>
      <SpaceBetween size="m">
        {runs.length > 1 && (
          <FormField label="Run">
            <Select
              selectedOption={options.find(({ value }) => value === runId) ?? null}
              options={options}
              onChange={({ detail }) => setChosen(detail.selectedOption.value)}
            />
          </FormField>
        )}
        {difference.isError ? (
          <LoadError error={difference.error} retry={() => void difference.refetch()} />
        ) : difference.data === undefined ? (
          <Loading />
        ) : (
          <Found app={app} difference={difference.data} />
        )}
      </SpaceBetween>
    </Container>
  );
}
