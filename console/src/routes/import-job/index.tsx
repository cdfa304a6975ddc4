/** An import while it runs and after: progress, rejected rows, the segment that came of it. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useParams } from "react-router";
import { pinpoint } from "../../api/client";
import { Figures } from "../../components/Figures";
import { ListTable } from "../../components/ListTable";
import { Actions, Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { count, plural, share } from "../../format/numbers";
import { duration, instant } from "../../format/time";
import type { ImportJobResponse } from "../../generated/wire";
import { fileName, isFinal, JobState } from "../../imports/JobState";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

const POLL_MS = 700;

function Progress({ job }: { job: ImportJobResponse }) {
  const done = (job.CompletedPieces ?? 0) + (job.FailedPieces ?? 0);
  const pieces = job.TotalPieces ?? 0;
  const final = isFinal(job.JobStatus);
  return (
    <ProgressBar
      label="Import"
      value={job.JobStatus === "COMPLETED" ? 100 : share(done, pieces)}
      status={final ? (job.JobStatus === "COMPLETED" ? "success" : "error") : "in-progress"}
      additionalInfo={pieces === 0 ? "Counting the pieces of the file" : `${count(done)} of ${plural(pieces, "piece")}`}
      resultText={job.JobStatus === "COMPLETED" ? "All rows were read." : "The file could not be read to its end."}
    />
  );
}

function rejected(job: ImportJobResponse): { id: string; place: string; reason: string }[] {
  return (job.Failures ?? []).map((text, index) => {
    const [, place = "", reason = text] = /^(.*?:\d+(?::\d+)?):\s*(.*)$/s.exec(text) ?? [];
    return { id: String(index), place: fileName(place), reason };
  });
}

export default function ImportJob() {
  const app = useApp();
  const { id = "" } = useParams();
  const client = useQueryClient();
  const query = useQuery({
    queryKey: ["import", app, id],
    queryFn: ({ signal }) => pinpoint("GetImportJob", { path: { "application-id": app, "job-id": id }, signal }),
    refetchInterval: ({ state }) => (state.data !== undefined && isFinal(state.data.JobStatus) ? false : POLL_MS),
  });
  const status = query.data?.JobStatus;
  useEffect(() => {
    if (status !== "COMPLETED") return;
    for (const key of ["segments", "overview", "endpoints", "attributes", "imports", "segment"]) {
      void client.invalidateQueries({ queryKey: [key, app] });
    }
  }, [status, app, client]);
  const name = query.data === undefined ? "Import" : fileName(query.data.Definition.S3Url);
  useBreadcrumbs({ text: "Imports", href: paths.imports(app) }, { text: name, href: paths.importJob(app, id) });
  if (query.isPending) return <Loading />;
  if (query.isError) return <LoadError error={query.error} retry={() => void query.refetch()} />;

  const job = query.data;
  const { Definition: definition } = job;
  const failures = job.TotalFailures ?? 0;
  const processed = job.TotalProcessed ?? 0;
  const seconds =
    job.CompletionDate === undefined ? undefined : (Date.parse(job.CompletionDate) - Date.parse(job.CreationDate)) / 1000;
  const segment = job.JobStatus === "COMPLETED" ? definition.SegmentId : undefined;
  return (
    <Page
      title={name}
      description="Import"
      actions={
        <Actions>
          <Button href={paths.newImport(app)}>Import another file</Button>
          {segment !== undefined && (
            <Button variant="primary" href={paths.segment(app, segment)}>
              Open the segment
            </Button>
          )}
        </Actions>
      }
    >
      <Container header={<Header variant="h2">Progress</Header>}>
        <SpaceBetween size="m">
          <Progress job={job} />
          <Figures
            figures={[
              { label: "Rows read", value: count(processed) },
              { label: "Rows accepted", value: count(processed - failures) },
              { label: "Rows rejected", value: count(failures) },
              { label: "Time", value: seconds === undefined ? "running" : duration(seconds) },
            ]}
          />
        </SpaceBetween>
      </Container>
      {job.JobStatus === "FAILED" && (
        <Alert type="error" header="The import failed">
          A part of the file could not be processed; the parts before it stay imported. No segment was created. Correct
          the file and import it again: rows with the same Id are updated, not doubled.
        </Alert>
      )}
      {failures > 0 && (
        <ListTable
          title="Rejected rows"
          description={failures > 100 ? "The first 100 are shown." : undefined}
          items={rejected(job)}
          trackBy={({ id: row }) => row}
          textOf={({ place, reason }) => `${place} ${reason}`}
          filterLabel="Find rejected rows"
          columns={[
            { id: "place", header: "File and line", isRowHeader: true, cell: ({ place }) => <span className="mono">{place}</span> },
            { id: "reason", header: "Reason", cell: ({ reason }) => reason },
          ]}
          empty={{ title: "No rejected rows" }}
        />
      )}
      <Container header={<Header variant="h2">Details</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Status", value: <JobState job={job} /> },
            { label: "Format", value: definition.Format },
            { label: "Endpoints", value: definition.RegisterEndpoints === true ? "Added to the audience" : "Only in the segment" },
            {
              label: "Segment",
              value:
                segment === undefined ? (
                  (definition.SegmentName ?? "–")
                ) : (
                  <Link href={paths.segment(app, segment)}>{definition.SegmentName ?? segment}</Link>
                ),
            },
            { label: "Started", value: instant(job.CreationDate) },
            { label: "Finished", value: instant(job.CompletionDate) },
            { label: "Source", value: definition.S3Url },
          ]}
        />
      </Container>
    </Page>
  );
}
