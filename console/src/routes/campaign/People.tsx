/** Everyone a campaign planned to reach, by what became of them; those in doubt by name. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { Page, Person, RunProgress } from "../../api/beckon";
import { useExplain } from "../../campaigns/explain/useExplain";
import { outcomeText } from "../../campaigns/outcomes";
import { treatmentName } from "../../campaigns/treatmentName";
import { PagedTable } from "../../components/PagedTable";
import { count, NONE } from "../../format/numbers";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { ExplainSearch } from "./ExplainSearch";
import { runText } from "./runText";
import { SaveAsSegment } from "./SaveAsSegment";

interface Props {
  app: string;
  campaign: CampaignResponse;
  runs: RunProgress[];
  outcome: string | undefined;
  /** One run, or all. */
  runId: string | undefined;
  onOutcome: (outcome: string) => void;
  onRun: (runId: string | undefined) => void;
}

const ALL = "";

export function People({ app, campaign, runs, outcome, runId, onOutcome, onRun }: Props) {
  const explain = useExplain(app, campaign);
  const [saving, setSaving] = useState(false);
  const counted = runId === undefined ? runs : runs.filter((run) => run.runId === runId);
  const totals = new Map<string, number>();
  for (const run of counted) {
    for (const [name, value] of Object.entries(run.outcomes)) totals.set(name, (totals.get(name) ?? 0) + value);
  }
  const options = [...totals]
    .filter(([, value]) => value > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([value, many]) => ({ value, label: outcomeText(value), labelTag: count(many) }));
  const shown = outcome ?? options[0]?.value ?? "SUCCESS";
  const runOptions = [
    { value: ALL, label: runs.length > 1 ? "All runs" : "The run" },
    ...(runs.length > 1 ? runs.map((run) => ({ value: run.runId, label: runText(run) })) : []),
  ];
  const doubtful = runs.reduce((sum, { inDoubt }) => sum + inDoubt, 0);
  return (
    <SpaceBetween size="m">
      {doubtful > 0 && (
        <Alert type="warning" header={`${count(doubtful)} in doubt`}>
          The server stopped after their message was handed over and before an answer came. They may or may not have it; they
          are not sent a second one.
        </Alert>
      )}
      <ExplainSearch onAsk={explain} />
      {saving && (
        <SaveAsSegment app={app} campaign={campaign} outcome={shown} runId={runId} onClose={() => setSaving(false)} />
      )}
      <PagedTable
        title="People"
        actions={
          <Button disabled={(totals.get(shown) ?? 0) === 0} onClick={() => setSaving(true)}>
            Save as a segment
          </Button>
        }
        filter={
          <div className="treatment-fields">
            <FormField label="Outcome">
              <Select
                selectedOption={options.find(({ value }) => value === shown) ?? { value: shown, label: outcomeText(shown) }}
                options={options}
                empty="Nobody has an outcome yet"
                onChange={({ detail }) => onOutcome(detail.selectedOption.value ?? shown)}
              />
            </FormField>
            {runs.length > 1 && (
              <FormField label="Run">
                <Select
                  selectedOption={runOptions.find(({ value }) => value === (runId ?? ALL)) ?? null}
                  options={runOptions}
                  onChange={({ detail }) => onRun(detail.selectedOption.value === ALL ? undefined : detail.selectedOption.value)}
                />
              </FormField>
            )}
          </div>
        }
        queryKey={["people", app, campaign.Id, shown, runId, runs[0]?.ended ?? ""]}
        load={(token, limit, signal) =>
          beckon<Page<Person>>(`/apps/${app}/campaigns/${campaign.Id}/people`, {
            query: { outcome: shown, runId, token, limit },
            signal,
          })
        }
        trackBy={({ endpointId = "", treatmentId = "" }) => `${endpointId} ${treatmentId}`}
        columns={[
          {
            id: "endpoint",
            header: "Endpoint",
            isRowHeader: true,
            cell: ({ endpointId }) =>
              endpointId === undefined ? "Deleted since" : <Link href={paths.endpoint(app, endpointId)}>{endpointId}</Link>,
          },
          { id: "user", header: "User", cell: ({ userId }) => userId ?? NONE },
          { id: "outcome", header: "Outcome", cell: (person) => outcomeText(person.outcome) },
          {
            id: "treatment",
            header: "Treatment",
            cell: ({ treatmentId }) => (treatmentId === undefined ? NONE : treatmentName(campaign, treatmentId)),
          },
          {
            id: "why",
            header: "Why",
            cell: ({ endpointId }) =>
              endpointId !== undefined && (
                <Button variant="inline-link" ariaLabel={`Explain ${endpointId}`} onClick={() => explain({ by: "endpoint", id: endpointId })}>
                  Explain
                </Button>
              ),
          },
        ]}
        empty={{ title: "Nobody here", text: "Nobody has this outcome so far." }}
      />
    </SpaceBetween>
  );
}
