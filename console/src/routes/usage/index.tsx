/** How people use the product: active users and endpoints, sessions, new ones, retention. */
import Container from "@cloudscape-design/components/container";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { Usage as UsageData, UsageDay } from "../../api/beckon";
import { Figures } from "../../components/Figures";
import { Page } from "../../components/Page";
import { lastDays, PeriodSelect } from "../../components/PeriodSelect";
import { TimeChart } from "../../components/TimeChart";
import { LoadError, Loading } from "../../components/waiting";
import { count, percent } from "../../format/numbers";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

interface ChartSpec {
  title: string;
  description: string;
  lines: [string, (day: UsageDay) => number | null][];
  format?: (value: number) => string;
}

const charts: ChartSpec[] = [
  {
    title: "Active users",
    description: "People with a session on the day, and in the 30 days up to it.",
    lines: [
      ["Daily", (day) => day.dailyActiveUsers],
      ["Monthly", (day) => day.monthlyActiveUsers],
    ],
  },
  {
    title: "Active endpoints",
    description: "Endpoints with a session on the day, and in the 30 days up to it.",
    lines: [
      ["Daily", (day) => day.dailyActiveEndpoints],
      ["Monthly", (day) => day.monthlyActiveEndpoints],
    ],
  },
  { title: "Sessions", description: "Sessions begun on the day.", lines: [["Sessions", (day) => day.sessions]] },
  {
    title: "New",
    description: "Endpoints created, and people with their first session, on the day.",
    lines: [
      ["Endpoints", (day) => day.newEndpoints],
      ["Users", (day) => day.newUsers],
    ],
  },
  {
    title: "Sticky factor",
    description: "Daily over monthly active endpoints.",
    lines: [["Sticky factor", (day) => day.stickyFactor]],
    format: percent,
  },
  {
    title: "7-day retention",
    description: "Of the people active 8 days before, those who came back since.",
    lines: [["Retention", (day) => day.retention7]],
    format: percent,
  },
];

export default function Usage() {
  const app = useApp();
  const [days, setDays] = useState(30);
  const usage = useQuery({
    queryKey: ["analytics", app, "usage", days],
    queryFn: ({ signal }) =>
      beckon<UsageData>(`/apps/${app}/analytics/usage`, { query: lastDays(days, new Date()), signal }),
  });
  useBreadcrumbs({ text: "Usage", href: paths.usage(app) });
  const { data } = usage;
  return (
    <Page
      title="Usage"
      description="From the sessions that apps report. Days are UTC."
      actions={<PeriodSelect days={days} onChange={setDays} />}
    >
      {usage.isError && <LoadError error={usage.error} retry={() => void usage.refetch()} />}
      {data === undefined ? (
        !usage.isError && <Loading />
      ) : (
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">In these {days} days</Header>}>
            <Figures
              figures={[
                { label: "Active users", value: count(data.totals.activeUsers) },
                { label: "Active endpoints", value: count(data.totals.activeEndpoints) },
                { label: "Sessions", value: count(data.totals.sessions) },
                { label: "New users", value: count(data.totals.newUsers) },
                { label: "New endpoints", value: count(data.totals.newEndpoints) },
              ]}
            />
          </Container>
          <Grid gridDefinition={charts.map(() => ({ colspan: { default: 12, s: 6 } }))}>
            {charts.map(({ title, description, lines, format }) => (
              <Container
                key={title}
                fitHeight
                header={
                  <Header variant="h2" description={description}>
                    {title}
                  </Header>
                }
              >
                <TimeChart
                  label={title}
                  times={data.days.map(({ date }) => date)}
                  series={lines.map(([name, value]) => ({ title: name, values: data.days.map(value) }))}
                  format={format}
                />
              </Container>
            ))}
          </Grid>
        </SpaceBetween>
      )}
    </Page>
  );
}
