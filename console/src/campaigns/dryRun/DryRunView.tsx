/** What a dry run found: how far it is, and what would become of everyone. */
import Alert from "@cloudscape-design/components/alert";
import BarChart from "@cloudscape-design/components/bar-chart";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { ReactNode } from "react";
import type { DryRun, DryRunResult } from "../../api/beckon";
import { EndpointLinks } from "../EndpointLinks";
import { OutcomeBar, OutcomeFigures, OutcomeTable } from "../OutcomeBreakdown";
import { groupSums } from "../outcomes";
import { ListTable } from "../../components/ListTable";
import { compact, count, plural, share } from "../../format/numbers";
import { instant } from "../../format/time";
import { Samples } from "./Samples";

function LocalHours({ hours }: { hours: DryRunResult["localHours"] }) {
  const of = (member: "sent" | "quiet") =>
    Array.from({ length: 24 }, (_, hour) => ({
      x: String(hour).padStart(2, "0"),
      y: hours.find((one) => one.hour === hour)?.[member] ?? 0,
    }));
  const empty = hours.every(({ sent, quiet }) => sent === 0 && quiet === 0);
  return (
    <BarChart
      stackedBars
      height={200}
      ariaLabel="People by the hour of their own day"
      xTitle="Hour of their own day"
      xDomain={Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, "0"))}
      series={
        empty
          ? []
          : [
              { type: "bar", title: "Sent", data: of("sent"), valueFormatter: count },
              { type: "bar", title: "Quiet time", data: of("quiet"), color: "#8b98a9", valueFormatter: count },
            ]
      }
      i18nStrings={{ yTickFormatter: compact, detailPopoverDismissAriaLabel: "Close", legendAriaLabel: "Legend" }}
      hideFilter
      empty={<Box color="text-body-secondary">Nobody would be reached.</Box>}
    />
  );
}

interface Found {
  what: ReactNode;
  key: string;
  endpoints: number;
  sample: string[];
}

function Findings({ app, title, name, items }: { app: string; title: string; name: string; items: Found[] }) {
  if (items.length === 0) return null;
  return (
    <Table
      variant="container"
      header={<Header variant="h2" counter={`(${count(items.length)})`}>{title}</Header>}
      ariaLabels={{ tableLabel: title }}
      wrapLines
      items={items}
      trackBy="key"
      columnDefinitions={[
        { id: "what", header: name, isRowHeader: true, minWidth: 180, cell: ({ what }) => what },
        { id: "endpoints", header: "Endpoints", cell: ({ endpoints }) => count(endpoints) },
        { id: "sample", header: "Such as", cell: ({ sample }) => <EndpointLinks app={app} ids={sample} /> },
      ]}
    />
  );
}

function canaryText({ endpoints, out, rest }: DryRunResult["canaries"][number]): string {
  const first = `The canary of ${plural(endpoints, "endpoint")} goes first`;
  if (out === undefined) return `${first}, and nobody is left to wait for it.`;
  return rest === undefined
    ? `${first} and is out ${instant(out)}. The rest waits until somebody lets it go on; this supposes that it is at once.`
    : `${first} and is out ${instant(out)}. The rest follows ${instant(rest)}.`;
}

function Result({ app, planned, result }: { app: string; planned: number; result: DryRunResult }) {
  const { sent } = groupSums(result.outcomes);
  return (
    <SpaceBetween size="l">
      {result.eligibility && (
        <Alert type="info">The campaign waits for events: this says who could get the message if the event happened to them then.</Alert>
      )}
      {result.hookNotCalled && <Alert type="info">The hook was not called: it may leave people out or change what they get.</Alert>}
      {result.canaries.map((canary) => (
        <Alert key={canary.treatmentIds.join()} type="info">
          {canaryText(canary)}
        </Alert>
      ))}
      {result.suppressed > 0 && (
        <Alert type="warning">
          {plural(result.suppressed, "mail")} of those sent would go to an address on the suppression list, and nowhere.
        </Alert>
      )}
      {sent === 0 && (
        <Alert type="warning" header="Nobody would be sent this message">
          The table says why.
        </Alert>
      )}
      <Container
        header={
          <Header
            variant="h2"
            description={
              result.firstMessage === undefined
                ? undefined
                : `The first message would go out ${instant(result.firstMessage)}, the last one ${instant(result.lastMessage)}${result.rateAssumed ? `, at a supposed ${count(result.messagesPerSecond)} a second` : ""}.`
            }
          >
            What would become of everyone
          </Header>
        }
      >
        <SpaceBetween size="m">
          <OutcomeFigures planned={planned} outcomes={result.outcomes} />
          <OutcomeBar planned={planned} outcomes={result.outcomes} />
          <OutcomeTable planned={planned} outcomes={result.outcomes} />
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2" description="When messages would arrive, on people’s own clocks.">By local hour</Header>}>
        <LocalHours hours={result.localHours} />
        {result.withoutZone.sent > 0 && (
          <Box color="text-body-secondary">{plural(result.withoutZone.sent, "message")} to people without a time zone.</Box>
        )}
      </Container>
      {result.treatments.length > 1 && (
        <Table
          variant="container"
          header={<Header variant="h2">By treatment</Header>}
          ariaLabels={{ tableLabel: "By treatment" }}
          wrapLines
          items={result.treatments}
          trackBy="id"
          columnDefinitions={[
            { id: "name", header: "Treatment", isRowHeader: true, cell: ({ id, name }) => name ?? id },
            { id: "due", header: "Begins", cell: ({ due }) => (due === undefined ? "No run left" : instant(due)) },
            { id: "planned", header: "Planned", cell: ({ planned: all }) => count(all) },
            { id: "sent", header: "Sent", cell: ({ sent: many }) => count(many) },
            { id: "skipped", header: "Skipped", cell: ({ outcomes }) => count(groupSums(outcomes).skipped) },
            { id: "failed", header: "Failed", cell: ({ outcomes }) => count(groupSums(outcomes).failed) },
          ]}
        />
      )}
      <Findings
        app={app}
        title="Messages that could not be made"
        name="Why"
        items={result.renderFailures.map(({ reason, ...rest }) => ({ what: reason, key: reason, ...rest }))}
      />
      <Findings
        app={app}
        title="Variables without a value"
        name="Variable"
        items={result.missingVariables.map(({ variable, ...rest }) => ({ what: <span className="mono">{variable}</span>, key: variable, ...rest }))}
      />
      {result.longTexts.length > 0 && (
        <Alert type="info" header="Long text messages">
          {result.longTexts.map(({ parts, endpoints }) => (
            <div key={parts}>
              {plural(endpoints, "text message")} of {parts} parts, each charged as a message.
            </div>
          ))}
        </Alert>
      )}
      <Samples app={app} samples={result.samples} treatments={result.treatments} />
      {result.zones.length > 1 && (
        <ListTable
          title="Time zones"
          items={result.zones}
          trackBy={({ zone, fires }) => `${zone} ${fires}`}
          textOf={({ zone }) => zone}
          filterLabel="Find a time zone"
          pageSize={10}
          sortingColumn="fires"
          columns={[
            { id: "zone", header: "Time zone", sortingField: "zone", isRowHeader: true, minWidth: 150, cell: ({ zone }) => zone },
            { id: "endpoints", header: "Endpoints", sortingField: "endpoints", minWidth: 120, cell: ({ endpoints }) => count(endpoints) },
            { id: "fires", header: "Begins, here", sortingField: "fires", minWidth: 150, cell: ({ fires }) => instant(fires) },
          ]}
          empty={{ title: "No time zones" }}
        />
      )}
    </SpaceBetween>
  );
}

export function DryRunView({ app, run }: { app: string; run: DryRun }) {
  return (
    <SpaceBetween size="l">
      {run.state === "FAILED" && (
        <Alert type="error" header="The dry run could not be finished">
          {run.reason ?? "The server gave no reason."}
        </Alert>
      )}
      {run.state === "RUNNING" && (
        <ProgressBar
          label="Dry run"
          ariaLabel="Dry run"
          value={share(run.looked, run.planned)}
          description={`${count(run.looked)} of ${count(run.planned)} looked at; nothing is sent`}
        />
      )}
      {run.result !== undefined && <Result app={app} planned={run.planned} result={run.result} />}
    </SpaceBetween>
  );
}
