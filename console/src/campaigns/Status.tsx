/** A campaign's status in words and colour. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";

const shown: Record<string, [StatusIndicatorProps.Type, string]> = {
  SCHEDULED: ["pending", "Scheduled"],
  PENDING_NEXT_RUN: ["pending", "Waiting for the next run"],
  EXECUTING: ["in-progress", "Sending"],
  COMPLETED: ["success", "Completed"],
  PAUSED: ["stopped", "Paused"],
  DELETED: ["stopped", "Deleted"],
  INVALID: ["error", "Invalid"],
};

export function CampaignStatus({ status }: { status: string | undefined }) {
  const [type, text] = shown[status ?? ""] ?? ["info", status ?? "Unknown"];
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}
