/** What became of a message in the inbox. */
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { InboxState as State } from "../api/beckon";

export function InboxState({ state }: { state: State }) {
  switch (state) {
    case "DELIVERED":
      return <StatusIndicator type="success">Delivered</StatusIndicator>;
    case "BOUNCED":
      return <StatusIndicator type="error">Bounced</StatusIndicator>;
    case "SOFT_BOUNCED":
      return <StatusIndicator type="warning">Soft bounce</StatusIndicator>;
    case "COMPLAINED":
      return <StatusIndicator type="warning">Complaint</StatusIndicator>;
    case "SUPPRESSED":
      return <StatusIndicator type="stopped">Suppressed</StatusIndicator>;
    case "UNDELIVERABLE":
      return <StatusIndicator type="error">Undeliverable</StatusIndicator>;
    case "REFUSED":
      return <StatusIndicator type="error">Refused</StatusIndicator>;
    case "OPTED_OUT":
      return <StatusIndicator type="stopped">Opted out</StatusIndicator>;
    case "THROTTLED":
      return <StatusIndicator type="warning">Throttled</StatusIndicator>;
    case "UNAVAILABLE":
      return <StatusIndicator type="warning">Unavailable</StatusIndicator>;
  }
}
