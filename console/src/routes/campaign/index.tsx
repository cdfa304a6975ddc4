/** One campaign: how far it is, what came of it, who got what. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { beckon, pinpoint } from "../../api/client";
import type { Progress } from "../../api/beckon";
import { isMoving, useSegments } from "../../api/queries";
import { CampaignStatus } from "../../campaigns/Status";
import { possible, useCampaignActions } from "../../campaigns/useCampaignActions";
import { Actions, Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import type { CampaignResponse, TreatmentResource } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";
import { CampaignResults } from "./CampaignResults";
import { People } from "./People";
import { RunProgressView } from "./RunProgressView";

const POLL_MS = 1000;

function contentOf(part: Pick<TreatmentResource, "MessageConfiguration" | "TemplateConfiguration">): string | undefined {
  const template = part.TemplateConfiguration?.EmailTemplate;
  if (template?.Name !== undefined) {
    return `Template ${template.Name}${template.Version === undefined ? "" : `, version ${template.Version}`}`;
  }
  const subject = part.MessageConfiguration?.EmailMessage?.Title;
  return subject === undefined ? undefined : `Message “${subject}”`;
}

function Configuration({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const segments = useSegments(app);
  const own = contentOf(campaign) ?? NONE;
  const limits = Object.entries(campaign.Limits ?? {});
  const start = campaign.Schedule?.StartTime ?? "IMMEDIATE";
  const others = campaign.AdditionalTreatments ?? [];
  return (
    <Container header={<Header variant="h2">Configuration</Header>}>
      <KeyValuePairs
        columns={3}
        items={[
          {
            label: "Segment",
            value: (
              <Link href={paths.segment(app, campaign.SegmentId)}>
                {segments.data?.find(({ Id }) => Id === campaign.SegmentId)?.Name ?? campaign.SegmentId}, version{" "}
                {campaign.SegmentVersion}
              </Link>
            ),
          },
          { label: "Start", value: start.toUpperCase() === "IMMEDIATE" ? "At once" : instant(start) },
          { label: "Holdout", value: `${campaign.HoldoutPercent ?? 0}%` },
          { label: others.length === 0 ? "Content" : `Treatment ${campaign.TreatmentName ?? "A"}`, value: own },
          ...others.map((treatment) => ({
            label: `Treatment ${treatment.TreatmentName ?? treatment.Id}, ${treatment.SizePercent}%`,
            value: contentOf(treatment) ?? own,
          })),
          { label: "From", value: campaign.MessageConfiguration?.EmailMessage?.FromAddress ?? "The channel's address" },
          { label: "Limits", value: limits.length === 0 ? "None" : limits.map(([name, value]) => `${name} ${value}`).join(", ") },
          { label: "Created", value: instant(campaign.CreationDate) },
          { label: "Campaign ID", value: <span className="mono">{campaign.Id}</span> },
        ]}
      />
    </Container>
  );
}

export default function Campaign() {
  const app = useApp();
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const actions = useCampaignActions(app);
  const [outcome, setOutcome] = useState<string>();
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
  const showPeople = (chosen: string) => {
    setOutcome(chosen);
    setTab("people");
  };
  const runs = progress.data?.runs ?? [];
  return (
    <Page
      title={name}
      description={data.Description}
      actions={
        <Actions>
          {can.pause && <Button onClick={() => void actions.pause(data)}>Pause</Button>}
          {can.resume && <Button onClick={() => void actions.resume(data)}>Resume</Button>}
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
          <Header variant="h2" actions={<CampaignStatus status={status} />}>
            Progress
          </Header>
        }
      >
        {progress.isError ? (
          <LoadError error={progress.error} retry={() => void progress.refetch()} />
        ) : progress.data === undefined ? (
          <Loading />
        ) : (
          <RunProgressView runs={runs} campaign={data} onOutcome={showPeople} />
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
            content: <People app={app} campaign={data} runs={runs} outcome={outcome} onOutcome={setOutcome} />,
          },
          { id: "configuration", label: "Configuration", content: <Configuration app={app} campaign={data} /> },
        ]}
      />
    </Page>
  );
}
