/** What all campaigns of a project brought about together. */
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { CampaignTotals } from "../../api/beckon";
import { useCampaigns } from "../../api/queries";
import { CampaignStatus } from "../../campaigns/Status";
import { Figures } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { Page } from "../../components/Page";
import { lastDays, PeriodSelect } from "../../components/PeriodSelect";
import { TimeChart } from "../../components/TimeChart";
import { LoadError, Loading } from "../../components/waiting";
import { count, percent } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

export default function CampaignResults() {
  const app = useApp();
  const [days, setDays] = useState(30);
  const campaigns = useCampaigns(app);
  const results = useQuery({
    queryKey: ["analytics", app, "campaigns", days],
    queryFn: ({ signal }) =>
      beckon<CampaignTotals>(`/apps/${app}/analytics/campaigns`, { query: lastDays(days, new Date()), signal }),
  });
  useBreadcrumbs({ text: "Campaign results", href: paths.campaignAnalytics(app) });
  const { data } = results;
  return (
    <Page
      title="Campaign results"
      description="All campaigns of the project together. Days are UTC."
      actions={<PeriodSelect days={days} onChange={setDays} />}
    >
      {results.isError && <LoadError error={results.error} retry={() => void results.refetch()} />}
      {data === undefined ? (
        !results.isError && <Loading />
      ) : (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">In these {days} days</Header>}>
            <Figures
              figures={[
                { label: "Sent", value: count(data.sent) },
                { label: "Delivered", value: count(data.delivered) },
                { label: "Open rate", value: percent(data.openRate) },
                { label: "Active campaigns", value: count(data.activeCampaigns), note: "now" },
              ]}
            />
          </Container>
          <Container header={<Header variant="h2">Over time</Header>}>
            <TimeChart
              label="Campaign results over time"
              height={260}
              times={data.days.map(({ date }) => date)}
              series={[
                { title: "Sent", values: data.days.map(({ sent }) => sent) },
                { title: "Delivered", values: data.days.map(({ delivered }) => delivered) },
                { title: "Opened", values: data.days.map(({ opened }) => opened) },
                { title: "Clicked", values: data.days.map(({ clicked }) => clicked) },
                { title: "Bounced", values: data.days.map(({ bounced }) => bounced) },
              ]}
              emptyText="No campaign sent anything."
            />
          </Container>
        </SpaceBetween>
      )}
      <ListTable
        title="Campaigns"
        items={campaigns.data}
        error={campaigns.error}
        trackBy={({ Id }) => Id}
        textOf={({ Id, Name }) => `${Name ?? ""} ${Id}`}
        filterLabel="Find campaigns"
        pageSize={10}
        columns={[
          {
            id: "name",
            header: "Name",
            sortingField: "Name",
            isRowHeader: true,
            cell: ({ Id, Name }) => <Link href={paths.campaign(app, Id)}>{Name ?? Id}</Link>,
          },
          {
            id: "type",
            header: "Type",
            cell: ({ AdditionalTreatments }) => ((AdditionalTreatments?.length ?? 0) > 0 ? "A/B test" : "Standard"),
          },
          { id: "status", header: "Status", cell: ({ State, Schedule }) => <CampaignStatus status={State?.CampaignStatus} frequency={Schedule?.Frequency} /> },
          { id: "created", header: "Created", sortingField: "CreationDate", cell: ({ CreationDate }) => instant(CreationDate) },
        ]}
        empty={{ title: "No campaigns yet" }}
      />
    </Page>
  );
}
