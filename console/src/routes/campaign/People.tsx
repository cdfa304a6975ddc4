/** Everyone a campaign planned to reach, by what became of them; those in doubt by name. */
import Alert from "@cloudscape-design/components/alert";
import FormField from "@cloudscape-design/components/form-field";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { beckon } from "../../api/client";
import type { Page, Person, RunProgress } from "../../api/beckon";
import { outcomeText } from "../../campaigns/outcomes";
import { PagedTable } from "../../components/PagedTable";
import { count, NONE } from "../../format/numbers";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";

interface Props {
  app: string;
  campaign: CampaignResponse;
  runs: RunProgress[];
  outcome: string | undefined;
  onOutcome: (outcome: string) => void;
}

export function People({ app, campaign, runs, outcome, onOutcome }: Props) {
  const totals = new Map<string, number>();
  for (const run of runs) {
    for (const [name, value] of Object.entries(run.outcomes)) totals.set(name, (totals.get(name) ?? 0) + value);
  }
  const options = [...totals]
    .filter(([, value]) => value > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([value, many]) => ({ value, label: outcomeText(value), labelTag: count(many) }));
  const shown = outcome ?? options[0]?.value ?? "SUCCESS";
  const doubtful = runs.reduce((sum, { inDoubt }) => sum + inDoubt, 0);
  const treatmentName = (id: string | undefined) => {
    if (id === undefined) return NONE;
    if (id === "0") return campaign.TreatmentName ?? "Default";
    return campaign.AdditionalTreatments?.find(({ Id }) => Id === id)?.TreatmentName ?? id;
  };
  return (
    <SpaceBetween size="m">
      {doubtful > 0 && (
        <Alert type="warning" header={`${count(doubtful)} in doubt`}>
          The server stopped after their mail was handed over and before an answer came. They may or may not have it; they
          are not sent a second one.
        </Alert>
      )}
      <PagedTable
        title="People"
        filter={
          <FormField label="Outcome">
            <Select
              selectedOption={options.find(({ value }) => value === shown) ?? { value: shown, label: outcomeText(shown) }}
              options={options}
              empty="Nobody has an outcome yet"
              onChange={({ detail }) => onOutcome(detail.selectedOption.value ?? shown)}
            />
          </FormField>
        }
        queryKey={["people", app, campaign.Id, shown, runs[0]?.ended ?? ""]}
        load={(token, limit, signal) =>
          beckon<Page<Person>>(`/apps/${app}/campaigns/${campaign.Id}/people`, {
            query: { outcome: shown, token, limit },
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
          { id: "treatment", header: "Treatment", cell: ({ treatmentId }) => treatmentName(treatmentId) },
        ]}
        empty={{ title: "Nobody here", text: "Nobody has this outcome so far." }}
      />
    </SpaceBetween>
  );
}
