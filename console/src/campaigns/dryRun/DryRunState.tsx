/** Where a dry run stands. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import type { DryRun } from "../../api/beckon";

const shown: Record<DryRun["state"], [StatusIndicatorProps.Type, string]> = {
  RUNNING: ["in-progress", "Going on"],
  COMPLETED: ["success", "Completed"],
  FAILED: ["error", "Failed"],
};

export function DryRunState({ state }: { state: DryRun["state"] }) {
  const [type, text] = shown[state];
  return <StatusIndicator type={type}>{text}</StatusIndicator>;
}
