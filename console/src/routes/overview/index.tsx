/** A project at a glance: how many people, what is going out, how they use the product. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ColumnLayout from "@cloudscape-design/components/column-layout";
import Container from "@cloudscape-design/components/container";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { CampaignTotals, Usage } from "../../api/beckon";
import { useCampaigns, useOverview, useProjects } from "../../api/queries";
import { CampaignStatus } from "../../campaigns/Status";
import { Empty } from "../../components/Empty";
import { Figures } from "../../components/Figures";
import { Actions, Page } from "../../components/Page";
import { lastDays } from "../../components/PeriodSelect";
import { TimeChart } from "../../components/TimeChart";
import { LoadError, Loading } from "../../components/waiting";
import { channelName } from "../../format/channels";
import { count, percent, plural } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

const DAYS = 30;

function FirstSteps({ app }: { app: string }) {
  const steps = [
    { text: "Bring in the people whom you want to reach.", label: "Import a file", href: paths.newImport(app) },
    { text: "Say from which address mail is sent.", label: "Set up the email channel", href: paths.emailChannel(app) },
    { text: "Write a mail and see it in the inbox.", label: "Create a template", href: paths.newTemplate(app) },
  ];
  return (
    <Container header={<Header variant="h2">First steps</Header>}>
      <ColumnLayout columns={3} variant="text-grid">
        {steps.map(({ text, label, href }, index) => (
          <SpaceBetween key={href} size="xs">
            <Box variant="awsui-key-label">Step {index + 1}</Box>
            <Box>{text}</Box>
            <Button href={href}>{label}</Button>
          </SpaceBetween>
        ))}
      </ColumnLayout>
    </Container>
  );
}

export default function OverviewScreen() {
  const app = useApp();
  const projects = useProjects();
  const overview = useOverview(app);
  const campaigns = useCampaigns(app);
  const period = lastDays(DAYS, new Date());
  const usage = useQuery({
    queryKey: ["analytics", app, "usage", DAYS],
    queryFn: ({ signal }) => beckon<Usage>(`/apps/${app}/analytics/usage`, { query: period, signal }),
  });
  const results = useQuery({
    queryKey: ["analytics", app, "campaigns", DAYS],
    queryFn: ({ signal }) => beckon<CampaignTotals>(`/apps/${app}/analytics/campaigns`, { query: period, signal }),
  });
  useBreadcrumbs();

  const name = projects.data?.find(({ Id }) => Id === app)?.Name ?? "Project";
  const recent = (campaigns.data ?? []).slice(0, 5);
  const facts = overview.data;
  const reachable = Object.entries(facts?.targetable ?? {});
  return (
    <Page
      title={name}
      description={<span className="mono">{app}</span>}
      actions={
        <Actions>
          <Button href={paths.newImport(app)}>Import people</Button>
          <Button variant="primary" href={paths.newCampaign(app)}>
            Create a campaign
          </Button>
        </Actions>
      }
    >
      {overview.isError && <LoadError error={overview.error} retry={() => void overview.refetch()} />}
      {facts?.endpoints === 0 && <FirstSteps app={app} />}
      <Container header={<Header variant="h2">Audience and messages</Header>}>
        {facts === undefined ? (
          <Loading />
        ) : (
          <Figures
            figures={[
              { label: "Endpoints", value: <Link fontSize="inherit" href={paths.endpoints(app)}>{count(facts.endpoints)}</Link> },
              { label: "Users", value: count(facts.users) },
              ...reachable.map(([channel, value]) => ({ label: `Reachable by ${channelName(channel)}`, value: count(value) })),
              { label: "Segments", value: <Link fontSize="inherit" href={paths.segments(app)}>{count(facts.segments)}</Link> },
              { label: "Active campaigns", value: count(facts.activeCampaigns), note: `of ${plural(facts.campaigns, "campaign")}` },
              { label: "Templates", value: <Link fontSize="inherit" href={paths.templates(app)}>{count(facts.templates)}</Link> },
            ]}
          />
        )}
      </Container>
      <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
        <Container
          fitHeight
          header={
            <Header variant="h2" description={`Last ${DAYS} days`} actions={<Button href={paths.usage(app)}>Usage</Button>}>
              Active users
            </Header>
          }
        >
          {usage.isError ? (
            <LoadError error={usage.error} />
          ) : (
            <TimeChart
              label="Active users"
              times={(usage.data?.days ?? []).map(({ date }) => date)}
              series={[
                { title: "Daily", values: (usage.data?.days ?? []).map((day) => day.dailyActiveUsers) },
                { title: "Monthly", values: (usage.data?.days ?? []).map((day) => day.monthlyActiveUsers) },
              ]}
              emptyText="No sessions were reported. Send _session.start events with PutEvents."
            />
          )}
        </Container>
        <Container
          fitHeight
          header={
            <Header
              variant="h2"
              description={
                results.data === undefined
                  ? `Last ${DAYS} days`
                  : `${count(results.data.delivered)} delivered, ${percent(results.data.openRate)} opened`
              }
              actions={<Button href={paths.campaignAnalytics(app)}>Results</Button>}
            >
              Campaign mail
            </Header>
          }
        >
          {results.isError ? (
            <LoadError error={results.error} />
          ) : (
            <TimeChart
              label="Campaign mail"
              times={(results.data?.days ?? []).map(({ date }) => date)}
              series={[
                { title: "Sent", values: (results.data?.days ?? []).map((day) => day.sent) },
                { title: "Delivered", values: (results.data?.days ?? []).map((day) => day.delivered) },
                { title: "Opened", values: (results.data?.days ?? []).map((day) => day.opened) },
              ]}
              emptyText="No campaign sent anything."
            />
          )}
        </Container>
      </Grid>
      <Table
        header={
          <Header variant="h2" actions={<Button href={paths.campaigns(app)}>All campaigns</Button>}>
            Newest campaigns
          </Header>
        }
        ariaLabels={{ tableLabel: "Newest campaigns" }}
        loading={campaigns.isPending}
        loadingText="Loading"
        items={recent}
        trackBy="Id"
        wrapLines
        columnDefinitions={[
          {
            id: "name",
            header: "Name",
            isRowHeader: true,
            cell: ({ Id, Name }) => <Link href={paths.campaign(app, Id)}>{Name ?? Id}</Link>,
          },
          { id: "status", header: "Status", cell: ({ State, Schedule }) => <CampaignStatus status={State?.CampaignStatus} frequency={Schedule?.Frequency} /> },
          { id: "created", header: "Created", cell: ({ CreationDate }) => instant(CreationDate) },
        ]}
        empty={
          <Empty
            title="No campaigns yet"
            text="A campaign sends one message to a segment."
            action={<Button href={paths.newCampaign(app)}>Create a campaign</Button>}
          />
        }
      />
    </Page>
  );
}
