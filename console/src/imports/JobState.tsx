/** Where an import job stands. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { ImportJobResponse, JobStatus } from "../generated/wire";

/** Whether the job will not change any more. */
export function isFinal(status: JobStatus): boolean {
  return status === "COMPLETED" || status === "FAILED";
}

export function JobState({ job }: { job: ImportJobResponse }) {
  const failures = job.TotalFailures ?? 0;
  switch (job.JobStatus) {
    case "COMPLETED":
      return failures === 0 ? (
        <StatusIndicator type="success">Completed</StatusIndicator>
      ) : (
        <StatusIndicator type="warning">Completed, some rows rejected</StatusIndicator>
      );
    case "FAILED":
    case "FAILING":
      return <StatusIndicator type="error">Failed</StatusIndicator>;
    case "CREATED":
    case "PENDING_JOB":
    case "PREPARING_FOR_INITIALIZATION":
    case "INITIALIZING":
      return <StatusIndicator type="pending">Starting</StatusIndicator>;
    case "PROCESSING":
    case "COMPLETING":
      return <StatusIndicator type="in-progress">Importing</StatusIndicator>;
  }
}

/** The last part of the address of a file. */
export function fileName(s3Url: string): string {
  return s3Url.split("/").pop() ?? s3Url;
}
