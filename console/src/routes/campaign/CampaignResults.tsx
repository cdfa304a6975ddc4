/** What a campaign brought about: totals, over time, per treatment against the holdout. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { CampaignAnalytics, Metrics } from "../../api/beckon";
import { isMoving } from "../../api/queries";
import { Figures } from "../../components/Figures";
import { TimeChart } from "../../components/TimeChart";
import { LoadError, Loading } from "../../components/waiting";
import { count, decimal, NONE, percent, signed } from "../../format/numbers";
import { instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";

/** While a campaign runs and shortly after, results still move. */
const POLL_MS = 2000;

function figures(metrics: Metrics) {
  return [
    { label: "Sent", value: count(metrics.sent), note: `${count(metrics.targeted)} targeted` },
    { label: "Delivered", value: count(metrics.delivered), note: percent(metrics.deliveryRate) },
    { label: "Opened", value: count(metrics.uniqueOpens), note: `${percent(metrics.openRate)}, ${count(metrics.opens)} in all` },
    { label: "Clicked", value: count(metrics.uniqueClicks), note: `${percent(metrics.clickRate)}, ${count(metrics.clicks)} in all` },
    {
      label: "Bounced",
      value: count(metrics.hardBounces),
      note: `${percent(metrics.bounceRate)}, ${count(metrics.softBounces)} soft besides`,
    },
    { label: "Complained", value: count(metrics.complaints) },
    { label: "Unsubscribed", value: count(metrics.unsubscribes) },
  ];
}

interface Row {
  id: string;
  name: string;
  allocation: string;
  metrics?: Metrics;
  people: number;
  sessions: number | null;
  versus: string;
}

function rows(data: CampaignAnalytics, campaign: CampaignResponse): Row[] {
  const base = data.holdout?.endpoints === 0 ? null : (data.holdout?.sessionsPerUser ?? null);
  const list: Row[] = data.treatments.map(({ id, name, allocation, metrics }) => {
    const sessions = metrics.sessionsPerUser ?? null;
    return {
      id,
      name: name ?? (id === "0" ? "Message" : id),
      allocation: `${allocation}%`,
      metrics,
      people: metrics.targeted,
      sessions,
      versus: base === null || sessions === null ? NONE : signed(sessions - base),
    };
  });
  if (data.holdout !== undefined && (campaign.HoldoutPercent ?? 0) > 0) {
    list.push({
      id: "holdout",
      name: "Holdout",
      allocation: `${campaign.HoldoutPercent ?? 0}%`,
      people: data.holdout.endpoints,
      sessions: data.holdout.sessionsPerUser,
      versus: NONE,
    });
  }
  return list;
}

export function CampaignResults({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const analytics = useQuery({
    queryKey: ["campaign-analytics", app, campaign.Id],
    queryFn: ({ signal }) => beckon<CampaignAnalytics>(`/apps/${app}/campaigns/${campaign.Id}/analytics`, { signal }),
    refetchInterval: isMoving(campaign) ? POLL_MS : 10_000,
  });
  if (analytics.isError) return <LoadError error={analytics.error} retry={() => void analytics.refetch()} />;
  if (analytics.data === undefined) return <Loading />;
  const { data } = analytics;
  const { points, step } = data.series;
  const names = new Map(data.treatments.map(({ id, name }) => [id, name ?? (id === "0" ? "Message" : id)]));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Totals</Header>}>
        <Figures figures={figures(data.totals)} />
      </Container>
      <Container header={<Header variant="h2" description={step === "hour" ? "By hour" : "By day"}>Over time</Header>}>
        <TimeChart
          label="Results over time"
          step={step}
          times={points.map(({ time }) => time)}
          height={260}
          series={[
            { title: "Sent", values: points.map(({ sent }) => sent) },
            { title: "Delivered", values: points.map(({ delivered }) => delivered) },
            { title: "Opened", values: points.map(({ opened }) => opened) },
            { title: "Clicked", values: points.map(({ clicked }) => clicked) },
            { title: "Bounced", values: points.map(({ bounced }) => bounced) },
            { title: "Complained", values: points.map(({ complained }) => complained) },
          ]}
          emptyText="Nothing was sent yet."
        />
      </Container>
      <Table
        header={
          <Header variant="h2" description="Sessions per person since the campaign began, each group against the holdout.">
            Treatments and holdout
          </Header>
        }
        ariaLabels={{ tableLabel: "Treatments and holdout" }}
        wrapLines
        items={rows(data, campaign)}
        trackBy="id"
        columnDefinitions={[
          { id: "name", header: "Group", isRowHeader: true, cell: ({ name }) => <Box variant="strong">{name}</Box> },
          { id: "allocation", header: "Share", cell: ({ allocation }) => allocation },
          { id: "people", header: "People", cell: ({ people }) => count(people) },
          { id: "sent", header: "Sent", cell: ({ metrics }) => count(metrics?.sent) },
          { id: "delivered", header: "Delivered", cell: ({ metrics }) => percent(metrics?.deliveryRate) },
          { id: "opened", header: "Opened", cell: ({ metrics }) => percent(metrics?.openRate) },
          { id: "clicked", header: "Clicked", cell: ({ metrics }) => percent(metrics?.clickRate) },
          { id: "bounced", header: "Bounced", cell: ({ metrics }) => percent(metrics?.bounceRate) },
          { id: "sessions", header: "Sessions per person", cell: ({ sessions }) => decimal(sessions) },
          { id: "versus", header: "Versus holdout", cell: ({ versus }) => versus },
        ]}
      />
      <Table
        header={<Header variant="h2">Runs</Header>}
        ariaLabels={{ tableLabel: "Runs" }}
        wrapLines
        items={data.runs}
        trackBy="activityId"
        columnDefinitions={[
          { id: "started", header: "Began", isRowHeader: true, cell: ({ started }) => instant(started) },
          { id: "treatment", header: "Group", cell: ({ treatmentId }) => names.get(treatmentId) ?? treatmentId },
          { id: "targeted", header: "Targeted", cell: ({ metrics }) => count(metrics.targeted) },
          { id: "sent", header: "Sent", cell: ({ metrics }) => count(metrics.sent) },
          { id: "delivered", header: "Delivered", cell: ({ metrics }) => count(metrics.delivered) },
          { id: "rate", header: "Delivery rate", cell: ({ metrics }) => percent(metrics.deliveryRate) },
          { id: "opened", header: "Opened", cell: ({ metrics }) => count(metrics.opens) },
          { id: "openRate", header: "Open rate", cell: ({ metrics }) => percent(metrics.openRate) },
          { id: "bounceRate", header: "Bounce rate", cell: ({ metrics }) => percent(metrics.bounceRate) },
        ]}
        empty="No run has begun yet."
      />
    </SpaceBetween>
  );
}
