/** The dry runs of a campaign, and a button for another. */
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "react-router";
import { beckon } from "../../api/client";
import type { DryRun, Page } from "../../api/beckon";
import { DryRunState } from "../../campaigns/dryRun/DryRunState";
import { useStartDryRun } from "../../campaigns/dryRun/useDryRun";
import { ListTable } from "../../components/ListTable";
import { count } from "../../format/numbers";
import { instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useFlash } from "../../shell/flash";

export function DryRuns({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const flash = useFlash();
  const navigate = useNavigate();
  const runs = useQuery({
    queryKey: ["dry-runs", app],
    queryFn: ({ signal }) => beckon<Page<DryRun>>(`/apps/${app}/dry-runs`, { signal }),
  });
  const start = useStartDryRun(app, (run) => void navigate(paths.dryRun(app, run.id)));
  const begin = () => start.mutate({ campaignId: campaign.Id }, { onError: (error) => flash.error("The dry run was not started", error) });
  const button = (
    <Button loading={start.isPending} onClick={begin}>
      Start a dry run
    </Button>
  );
  return (
    <ListTable
      title="Dry runs"
      description="The whole campaign gone through with every rule, and nothing sent."
      actions={button}
      items={runs.data?.items.filter(({ campaignId }) => campaignId === campaign.Id)}
      error={runs.error}
      retry={() => void runs.refetch()}
      trackBy={({ id }) => id}
      textOf={({ id, created, state }) => `${id} ${instant(created)} ${state}`}
      filterLabel="Find dry runs"
      columns={[
        {
          id: "created",
          header: "Started",
          sortingField: "created",
          isRowHeader: true,
          minWidth: 150,
          cell: ({ id, created }) => <Link href={paths.dryRun(app, id)}>{instant(created)}</Link>,
        },
        { id: "state", header: "State", minWidth: 120, cell: ({ state }) => <DryRunState state={state} /> },
        { id: "planned", header: "Looked at", cell: ({ looked, planned }) => `${count(looked)} of ${count(planned)}` },
      ]}
      empty={{ title: "No dry runs yet", text: "A dry run says what would become of everyone.", action: button }}
    />
  );
}
