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
  HOOK_FAILURE: "Hook failed",
  RECOMMENDATION_FAILURE: "Recommendation failed",
  CUSTOM_DELIVERY_FAILURE: "Custom channel failed",
  UNSUPPORTED_CHANNEL: "Unsupported channel",
};

/** `ENDPOINT_OPT_OUT` → `Opted out`; an unknown outcome becomes readable text. */
export function outcomeText(outcome: string): string {
  const known = words[outcome.toUpperCase()];
  if (known !== undefined) return known;
  const text = outcome.replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
