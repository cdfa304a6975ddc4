/** One dry run: how far it is, what it found, and how it differs from what really happened. */
import { useQuery } from "@tanstack/react-query";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useNavigate, useParams } from "react-router";
import { pinpoint } from "../../api/client";
import { DryRunState } from "../../campaigns/dryRun/DryRunState";
import { DryRunView } from "../../campaigns/dryRun/DryRunView";
import { useDryRun, useStartDryRun } from "../../campaigns/dryRun/useDryRun";
import { Actions, Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";
import { Difference } from "./Difference";

export default function DryRunPage() {
  const app = useApp();
  const { id = "" } = useParams();
  const flash = useFlash();
  const navigate = useNavigate();
  const run = useDryRun(app, id);
  const campaignId = run.data?.campaignId;
  const campaign = useQuery({
    queryKey: ["campaign", app, campaignId],
    queryFn: ({ signal }) =>
      pinpoint("GetCampaign", { path: { "application-id": app, "campaign-id": campaignId ?? "" }, signal }),
    enabled: campaignId !== undefined,
  });
  const again = useStartDryRun(app, (next) => void navigate(paths.dryRun(app, next.id)));
  useBreadcrumbs(
    { text: "Campaigns", href: paths.campaigns(app) },
    ...(campaignId === undefined ? [] : [{ text: campaign.data?.Name ?? "Campaign", href: paths.campaign(app, campaignId) }]),
    { text: "Dry run", href: paths.dryRun(app, id) },
  );
  if (run.isError) return <LoadError error={run.error} retry={() => void run.refetch()} />;
  if (run.data === undefined) return <Loading />;
  const { data } = run;
  return (
    <Page
      title="Dry run"
      description={
        <>
          {campaignId !== undefined && <Link href={paths.campaign(app, campaignId)}>{campaign.data?.Name ?? campaignId}</Link>}
          {campaignId === undefined ? "A campaign that was not stored" : ""}, {instant(data.created)}. Nothing was sent.
        </>
      }
      actions={
        <Actions>
          <DryRunState state={data.state} />
          {campaignId !== undefined && (
            <Button
              loading={again.isPending}
              onClick={() => again.mutate({ campaignId }, { onError: (error) => flash.error("The dry run was not started", error) })}
            >
              Start another
            </Button>
          )}
        </Actions>
      }
    >
      {campaignId !== undefined && data.state === "COMPLETED" && <Difference app={app} id={id} campaignId={campaignId} />}
      <DryRunView app={app} run={data} />
    </Page>
  );
}
