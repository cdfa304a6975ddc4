/** A campaign's status in words and colour. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { Frequency } from "../generated/wire";

const shown: Record<string, [StatusIndicatorProps.Type, string]> = {
  SCHEDULED: ["pending", "Scheduled"],
  PENDING_NEXT_RUN: ["pending", "Waiting for the next run"],
  EXECUTING: ["in-progress", "Sending"],
  COMPLETED: ["success", "Completed"],
  PAUSED: ["stopped", "Paused"],
  DELETED: ["stopped", "Deleted"],
  INVALID: ["error", "Invalid"],
};

/** What a campaign under way does that has no runs of its own. */
const waiting: Partial<Record<Frequency, string>> = { EVENT: "Waiting for events", IN_APP_EVENT: "Shown by apps" };

export function CampaignStatus({ status, frequency }: { status: string | undefined; frequency: Frequency | undefined }) {
  const [type, usual] = shown[status ?? ""] ?? ["info", status ?? "Unknown"];
  const own = status === "EXECUTING" && frequency !== undefined ? waiting[frequency] : undefined;
  const text = own ?? usual;
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}
