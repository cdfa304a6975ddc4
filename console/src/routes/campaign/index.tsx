/** One campaign: how far it is, what came of it, who got what. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useStoredCampaign } from "../../api/campaigns";
import { beckon, pinpoint } from "../../api/client";
import type { Progress } from "../../api/beckon";
import { isMoving } from "../../api/queries";
import { CampaignSummary } from "../../campaigns/CampaignSummary";
import { draftOf } from "../../campaigns/draft";
import { CampaignStatus } from "../../campaigns/Status";
import { possible, useCampaignActions } from "../../campaigns/useCampaignActions";
import { Actions, Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";
import { CampaignResults } from "./CampaignResults";
import { Comparison } from "./Comparison";
import { DryRuns } from "./DryRuns";
import { People } from "./People";
import { RunProgressView } from "./RunProgressView";

const POLL_MS = 1000;

function Configuration({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const stored = useStoredCampaign(app, campaign.Id);
  if (stored.isError) return <LoadError error={stored.error} retry={() => void stored.refetch()} />;
  if (stored.data === undefined) return <Loading />;
  return (
    <SpaceBetween size="l">
      <CampaignSummary app={app} draft={draftOf(campaign, stored.data.safety)} />
      <Container header={<Header variant="h2">Record</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Created", value: instant(campaign.CreationDate) },
            { label: "Last changed", value: `${instant(campaign.LastModifiedDate)}, version ${campaign.Version ?? 1}` },
            { label: "Segment version", value: campaign.SegmentVersion },
            { label: "Campaign ID", value: <span className="mono">{campaign.Id}</span> },
          ]}
        />
      </Container>
    </SpaceBetween>
  );
}

export default function Campaign() {
  const app = useApp();
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const actions = useCampaignActions(app);
  const [outcome, setOutcome] = useState<string>();
  const [runId, setRunId] = useState<string>();
  const [peopleOf, setPeopleOf] = useState<string>();
  const [tab, setTab] = useState("results");
  const campaign = useQuery({
    queryKey: ["campaign", app, id],
    queryFn: ({ signal }) => pinpoint("GetCampaign", { path: { "application-id": app, "campaign-id": id }, signal }),
    refetchInterval: ({ state }) => (state.data !== undefined && isMoving(state.data) ? POLL_MS : false),
  });
  const moving = campaign.data !== undefined && isMoving(campaign.data);
  const progress = useQuery({
    queryKey: ["progress", app, id],
    queryFn: ({ signal }) => beckon<Progress>(`/apps/${app}/campaigns/${id}/progress`, { signal }),
    refetchInterval: ({ state }) =>
      moving || state.data?.runs.some(({ remaining }) => remaining > 0) === true ? POLL_MS : false,
  });
  const name = campaign.data?.Name ?? "Campaign";
  useBreadcrumbs({ text: "Campaigns", href: paths.campaigns(app) }, { text: name, href: paths.campaign(app, id) });
  if (campaign.isPending) return <Loading />;
  if (campaign.isError) return <LoadError error={campaign.error} retry={() => void campaign.refetch()} />;

  const { data } = campaign;
  const can = possible(data);
  const status = progress.data?.status ?? data.State?.CampaignStatus;
  const remove = async () => {
    if (await actions.remove(data)) await navigate(paths.campaigns(app));
  };
  const runs = progress.data?.runs ?? [];
  const showPeople = (chosen: string) => {
    setOutcome(chosen);
    setPeopleOf(runs.length > 1 ? (runId ?? runs[0]?.runId) : undefined);
    setTab("people");
  };
  const compared = (data.AdditionalTreatments?.length ?? 0) > 0 || (data.HoldoutPercent ?? 0) > 0;
  return (
    <Page
      title={name}
      description={data.Description}
      actions={
        <Actions>
          {can.pause && <Button onClick={() => void actions.pause(data)}>Pause</Button>}
          {can.resume && <Button onClick={() => void actions.resume(data)}>Resume</Button>}
          <Button href={paths.editCampaign(app, id)}>Edit</Button>
          <Button onClick={() => void remove()}>Delete</Button>
          <Button href={paths.newCampaign(app, { copy: id })}>Copy to a new campaign</Button>
        </Actions>
      }
    >
      {progress.data?.reason !== undefined && (
        <Alert type={status === "INVALID" ? "error" : "info"} header={status === "INVALID" ? "This campaign cannot run" : undefined}>
          {progress.data.reason}
        </Alert>
      )}
      <Container
        header={
          <Header variant="h2" actions={<CampaignStatus status={status} frequency={data.Schedule?.Frequency} />}>
            Progress
          </Header>
        }
      >
        {progress.isError ? (
          <LoadError error={progress.error} retry={() => void progress.refetch()} />
        ) : progress.data === undefined ? (
          <Loading />
        ) : (
          <RunProgressView app={app} runs={runs} told={progress.dataUpdatedAt} runId={runId} campaign={data} onRun={setRunId} onOutcome={showPeople} />
        )}
      </Container>
      <Tabs
        activeTabId={tab}
        onChange={({ detail }) => setTab(detail.activeTabId)}
        tabs={[
          { id: "results", label: "Results", content: <CampaignResults app={app} campaign={data} /> },
          {
            id: "people",
            label: "People",
            content: (
              <People app={app} campaign={data} runs={runs} outcome={outcome} runId={peopleOf} onOutcome={setOutcome} onRun={setPeopleOf} />
            ),
          },
          ...(compared ? [{ id: "comparison", label: "Comparison", content: <Comparison app={app} campaign={data} /> }] : []),
          { id: "dry-runs", label: "Dry runs", content: <DryRuns app={app} campaign={data} /> },
          { id: "configuration", label: "Configuration", content: <Configuration app={app} campaign={data} /> },
        ]}
      />
    </Page>
  );
}
