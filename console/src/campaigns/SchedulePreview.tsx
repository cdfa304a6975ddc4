/** What a schedule comes to for a segment: the next runs, and when people are reached in their own day. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { beckon } from "../api/client";
import type { SchedulePreview as Preview } from "../api/beckon";
import { ListTable } from "../components/ListTable";
import { useDebounced } from "../components/useDebounced";
import { LoadError, Loading } from "../components/waiting";
import { count, plural } from "../format/numbers";
import { instant } from "../format/time";
import type { Schedule } from "../generated/wire";
import { HeatMap } from "./HeatMap";
import "./schedule-preview.css";

interface Props {
  app: string;
  schedule: Schedule;
  segmentId: string;
  /** The treatment that keeps its own time, if it is one's. */
  treatment?: string;
}

export function SchedulePreview({ app, schedule, segmentId, treatment }: Props) {
  const request = useDebounced(JSON.stringify({ Schedule: schedule, ...(segmentId === "" ? {} : { SegmentId: segmentId }) }), 400);
  const preview = useQuery({
    queryKey: ["schedule-preview", app, request],
    queryFn: ({ signal }) =>
      beckon<Preview>(`/apps/${app}/schedule-preview`, { method: "POST", body: JSON.parse(request), signal }),
    placeholderData: keepPreviousData,
    staleTime: 30_000,
    gcTime: 30_000,
  });
  const { data } = preview;
  return (
    <Container
      header={
        <Header variant="h2" description="The next run, over everyone who is in the segment now.">
          {treatment === undefined ? "When people are reached" : `When people are reached by treatment ${treatment}`}
        </Header>
      }
    >
      {preview.isError ? (
        <LoadError error={preview.error} retry={() => void preview.refetch()} />
      ) : data === undefined ? (
        <Loading label="Working it out" />
      ) : (
        <SpaceBetween size="l">
          {data.runs.length === 0 && <Alert type="warning">No run is left: the end comes before the next one.</Alert>}
          <div className="preview-columns">
            <HeatMap
              cells={data.heat}
              first={data.runs[0] === undefined ? 0 : new Date(data.runs[0]).getUTCHours()}
              quiet={schedule.QuietTime}
            />
            {data.runs.length > 0 && (
              <div>
                <Box variant="awsui-key-label">{data.runs.length === 1 ? "It runs" : "The next runs, here"}</Box>
                <ol className="preview-runs" aria-label="Next runs">
                  {data.runs.map((run) => (
                    <li key={run}>{instant(run)}</li>
                  ))}
                </ol>
              </div>
            )}
          </div>
          {data.missingZone > 0 && (
            <Alert type="info">
              {plural(data.missingZone, "endpoint")} without a time zone of {data.missingZone === 1 ? "its" : "their"} own.{" "}
              {schedule.IsLocalTime === true ? "They are skipped." : "Quiet time does not hold for them."}
            </Alert>
          )}
          {data.zones.length > 0 && (
            <ListTable
              title="Time zones"
              headerVariant="h3"
              variant="embedded"
              items={data.zones}
              trackBy={({ zone }) => zone}
              textOf={({ zone }) => zone}
              filterLabel="Find a time zone"
              pageSize={10}
              sortingColumn="fires"
              columns={[
                { id: "zone", header: "Time zone", sortingField: "zone", isRowHeader: true, minWidth: 150, cell: ({ zone }) => zone },
                { id: "endpoints", header: "Endpoints", sortingField: "endpoints", minWidth: 120, cell: ({ endpoints }) => count(endpoints) },
                { id: "local", header: "On their clock", sortingField: "localTime", minWidth: 130, cell: ({ localTime }) => localTime.replace("T", " ") },
                { id: "fires", header: "Here", sortingField: "fires", minWidth: 150, cell: ({ fires }) => instant(fires) },
                {
                  id: "quiet",
                  header: "Quiet time",
                  minWidth: 110,
                  cell: ({ quiet }) => (quiet ? <StatusIndicator type="warning">Not sent</StatusIndicator> : <StatusIndicator type="success">Sent</StatusIndicator>),
                },
              ]}
              empty={{ title: "No time zones" }}
            />
          )}
        </SpaceBetween>
      )}
    </Container>
  );
}
