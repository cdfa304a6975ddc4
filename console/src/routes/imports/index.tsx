/** The import jobs of a project. */
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useQuery } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import { all } from "../../api/queries";
import { ListTable } from "../../components/ListTable";
import { count } from "../../format/numbers";
import { instant } from "../../format/time";
import type { ImportJobResponse } from "../../generated/wire";
import { fileName, isFinal, JobState } from "../../imports/JobState";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

export default function Imports() {
  const app = useApp();
  const jobs = useQuery({
    queryKey: ["imports", app],
    queryFn: ({ signal }) =>
      all<ImportJobResponse>((token) =>
        pinpoint("GetImportJobs", { path: { "application-id": app }, query: { "page-size": "1000", token }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data?.some(({ JobStatus }) => !isFinal(JobStatus)) === true ? 1000 : false),
  });
  useBreadcrumbs({ text: "Imports", href: paths.imports(app) });
  return (
    <ListTable
      title="Imports"
      headerVariant="h1"
      description="Files of endpoints, as CSV or as one JSON object per line."
      actions={
        <Button variant="primary" href={paths.newImport(app)}>
          Import a file
        </Button>
      }
      items={jobs.data}
      error={jobs.error}
      retry={() => void jobs.refetch()}
      trackBy={({ Id }) => Id}
      textOf={({ Id, Definition }) => `${Id} ${Definition.S3Url} ${Definition.SegmentName ?? ""}`}
      filterLabel="Find imports"
      columns={[
        {
          id: "file",
          header: "File",
          isRowHeader: true,
          minWidth: 140,
          cell: ({ Id, Definition }) => <Link href={paths.importJob(app, Id)}>{fileName(Definition.S3Url)}</Link>,
        },
        { id: "status", header: "Status", cell: (job) => <JobState job={job} />, minWidth: 130 },
        { id: "rows", header: "Rows", cell: ({ TotalProcessed }) => count(TotalProcessed ?? 0) },
        { id: "failures", header: "Rejected", cell: ({ TotalFailures }) => count(TotalFailures ?? 0) },
        {
          id: "segment",
          header: "Segment",
          cell: ({ JobStatus, Definition: { SegmentId, SegmentName } }) =>
            SegmentId === undefined ? (
              "–"
            ) : JobStatus === "COMPLETED" ? (
              <Link href={paths.segment(app, SegmentId)}>{SegmentName ?? SegmentId}</Link>
            ) : (
              (SegmentName ?? SegmentId)
            ),
        },
        { id: "created", header: "Started", sortingField: "CreationDate", cell: ({ CreationDate }) => instant(CreationDate) },
      ]}
      empty={{
        title: "No imports yet",
        text: "Bring your people in from a file.",
        action: <Button href={paths.newImport(app)}>Import a file</Button>,
      }}
    />
  );
}
