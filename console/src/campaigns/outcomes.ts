/** The outcomes of a campaign run in words (`docs/spec/campaigns.md` §7, §13). */

const words: Record<string, string> = {
  SUCCESS: "Sent",
  IN_DOUBT: "In doubt",
  FAILURE: "Failed",
  FAILURE_PERMANENT: "Failed for good",
  TRANSIENT_FAILURE: "Failed for now",
  THROTTLED: "Throttled",
  UNKNOWN: "Unknown",
  DAILY_CAP: "Daily limit reached",
  CAMPAIGN_CAP: "Campaign limit reached",
  EXPIRED: "Longest duration passed",
  QUIET_TIME: "Quiet time",
  HOLDOUT: "Holdout",
  DUPLICATE_ADDRESS: "Same address as another",
  DUPLICATE_ENDPOINT: "Endpoint listed twice",
  DUPLICATE_USER: "User listed twice",
  ENDPOINT_INACTIVE: "Inactive",
  ENDPOINT_OPT_OUT: "Opted out",
  ENDPOINT_MISSING_CHANNEL: "No channel",
  ENDPOINT_MISSING_ADDRESS: "No address",
  ENDPOINT_CHANNEL_MISMATCH: "Other channel",
  ENDPOINT_MISSING_TIMEZONE: "No time zone",
  ENDPOINT_TIMEZONE_MISMATCH: "Time zone changed",
  FILTERED_OUT_BY_SEGMENT: "Left the segment",
  FILTERED_OUT_BY_HOOK: "Left out by the hook",
  TREATMENT_HOLDOUT: "Other treatment",
  HOOK_FAILURE: "Hook failed",
  RECOMMENDATION_FAILURE: "Recommendation failed",
  CUSTOM_DELIVERY_FAILURE: "Custom channel failed",
  UNSUPPORTED_CHANNEL: "Unsupported channel",
  CANCELLED: "Cancelled",
  SEND: "Would be sent",
  NOT_IN_SEGMENT: "Not in the segment",
  SUPPRESSED: "On the suppression list",
  INVALID: "The campaign cannot run",
  ABSENT: "No part of it",
  REMAINING: "Not decided yet",
};

/** `ENDPOINT_OPT_OUT` → `Opted out`; an unknown outcome becomes readable text. */
export function outcomeText(outcome: string): string {
  const known = words[outcome.toUpperCase()];
  if (known !== undefined) return known;
  const text = outcome.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export type OutcomeGroup = "sent" | "failed" | "inDoubt" | "skipped";

const failures = new Set([
  "FAILURE",
  "FAILURE_PERMANENT",
  "TRANSIENT_FAILURE",
  "THROTTLED",
  "UNKNOWN",
  "CUSTOM_DELIVERY_FAILURE",
  "HOOK_FAILURE",
  "RECOMMENDATION_FAILURE",
]);

/** Which of the sums an outcome belongs to. */
export function outcomeGroup(outcome: string): OutcomeGroup {
  if (outcome === "SUCCESS" || outcome === "SEND") return "sent";
  if (outcome === "IN_DOUBT") return "inDoubt";
  return failures.has(outcome) ? "failed" : "skipped";
}

export const groupTexts: Record<OutcomeGroup, string> = { sent: "Sent", skipped: "Skipped", failed: "Failed", inDoubt: "In doubt" };

export const groupColours: Record<OutcomeGroup, string> = { sent: "#2ea597", skipped: "#8b98a9", failed: "#d13212", inDoubt: "#e07941" };

const order: OutcomeGroup[] = ["sent", "skipped", "failed", "inDoubt"];

export interface OutcomeRow {
  outcome: string;
  group: OutcomeGroup;
  people: number;
}

/** Outcomes that anybody has: by group, the most frequent first. */
export function outcomeRows(outcomes: Record<string, number>): OutcomeRow[] {
  return Object.entries(outcomes)
    .filter(([, people]) => people > 0)
    .map(([outcome, people]) => ({ outcome, group: outcomeGroup(outcome), people }))
    .sort((a, b) => order.indexOf(a.group) - order.indexOf(b.group) || b.people - a.people || a.outcome.localeCompare(b.outcome));
}

/** People by group. */
export function groupSums(outcomes: Record<string, number>): Record<OutcomeGroup, number> {
  const sums = { sent: 0, skipped: 0, failed: 0, inDoubt: 0 };
  for (const [outcome, people] of Object.entries(outcomes)) sums[outcomeGroup(outcome)] += people;
  return sums;
}
