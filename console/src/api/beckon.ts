/** The shapes of the Beckon API (`docs/beckon-api.md`), as this console uses them. */
import type { EndpointResponse, SegmentDimensions, SegmentGroupList } from "../generated/wire";

export interface Session {
  name: string;
  policy: string;
  csrfToken: string;
  accountId: string;
  regions: string[];
  version: string;
  emailTransport: string;
  publicUrl: string;
}

export interface Page<T> {
  items: T[];
  next?: string;
}

export interface Overview {
  endpoints: number;
  users: number;
  targetable: Record<string, number>;
  segments: number;
  campaigns: number;
  activeCampaigns: number;
  templates: number;
}

export interface AttributeNames {
  attributes: string[];
  userAttributes: string[];
  metrics: string[];
}

export interface ValueCount {
  value: string;
  count: number;
}

export interface Criteria {
  Dimensions?: SegmentDimensions;
  SegmentGroups?: SegmentGroupList;
}

export interface SegmentSize {
  endpoints: number;
  targetable: Record<string, number>;
  evaluationMs: number;
}

export interface Upload {
  s3Url: string;
  bytes: number;
}

export interface PreviewRequest {
  subject: string;
  html: string;
  text: string;
  defaultSubstitutions: Record<string, string>;
  endpointId?: string;
  /** Texts of other channels by a name of the caller's. */
  parts?: Record<string, string>;
}

export interface Preview {
  subject: string;
  html: string;
  text: string;
  parts?: Record<string, string>;
  variables: { name: string; value: string | null }[];
  missing: string[];
  errors: { part: string; line: number; column: number; message: string }[];
}

export interface TestResult {
  to: string;
  accepted: boolean;
  messageId?: string;
  detail?: string;
}

export type InboxState =
  | "DELIVERED"
  | "BOUNCED"
  | "SOFT_BOUNCED"
  | "COMPLAINED"
  | "SUPPRESSED"
  | "UNDELIVERABLE"
  | "REFUSED"
  | "OPTED_OUT"
  | "THROTTLED"
  | "UNAVAILABLE";

export interface InboxItem {
  id: string;
  app?: string;
  channel: string;
  to: string;
  from: string;
  subject: string;
  received: string;
  state: InboxState;
  campaignId?: string;
  treatmentId?: string;
  endpointId?: string;
  test: boolean;
}

/** A message as its channel takes it. */
export type InboxContent =
  | {
      kind: "push";
      title: string | null;
      body: string | null;
      silent: boolean;
      payload: unknown;
      headers: Record<string, string>;
      timeToLive: number | null;
    }
  | {
      kind: "sms";
      text: string;
      encoding: "GSM" | "UCS2";
      parts: number;
      messageType: string;
      senderId: string | null;
      originationNumber: string | null;
      keyword: string | null;
      entityId: string | null;
      templateId: string | null;
    }
  | {
      kind: "voice";
      text: string;
      ssml: boolean;
      languageCode: string;
      voiceId: string;
      originationNumber: string | null;
    }
  | { kind: "custom"; uri: string; body: string };

export interface InboxMessage extends InboxItem {
  html?: string;
  text?: string;
  headers: { name: string; value: string }[];
  /** Absent for mail. */
  content?: InboxContent;
}

export interface TreatmentProgress {
  id: string;
  name?: string;
  activityId: string;
  planned: number;
  sent: number;
  skipped: number;
  failed: number;
  inDoubt: number;
}

export interface RunProgress {
  runId: string;
  state: string;
  scheduled?: string;
  started?: string;
  ended?: string;
  planned: number;
  sent: number;
  skipped: number;
  failed: number;
  inDoubt: number;
  remaining: number;
  outcomes: Record<string, number>;
  treatments: TreatmentProgress[];
  stage?: "canary" | "rest";
  /** Why nothing further goes out until `until`, or until somebody lets it go on. */
  held?: { by: "canary" | "brake"; reason: string; since: string; until?: string };
  /** Of a sweep through everyone's own time, the first in turn first. */
  zones?: SweptZone[];
}

export interface SweptZone {
  zone: string;
  endpoints: number;
  fires: string;
  /** Its clock is past the end by then. */
  over: boolean;
  /** Everybody in it has an outcome. */
  done: boolean;
}

export interface Progress {
  status: string;
  reason?: string;
  runs: RunProgress[];
}

export interface Person {
  /** Missing once the endpoint was deleted. */
  endpointId?: string;
  userId?: string;
  outcome: string;
  treatmentId?: string;
}

/** What stops a campaign before it does harm. */
export interface Safety {
  canary?: { percent: number; holdMinutes: number };
  brake?: { hardBouncePercent?: number; complaintPercent?: number; providerErrorPercent?: number; minimum: number };
  resendInDoubt: boolean;
}

/** A run counted anew from its sets and from the event log. */
export interface Verification {
  runId: string;
  planned: number;
  sets: Record<string, number>;
  log: Record<string, number>;
  /** Whether the log still has the run's records; without, the sets stand alone. */
  recordsKept: boolean;
  remaining: number;
  overlapping: number;
  agrees: boolean;
  differences: { kind: string; outcome?: string; endpoints: number; sample: string[] }[];
}

export interface LiftGroup {
  people: number;
  reached: number;
  rate: number | null;
}

export interface LiftTreatment extends LiftGroup {
  id: string;
  name?: string;
  /** Against the holdout, as rates; `null` without anybody to compare. */
  difference: number | null;
  low: number | null;
  high: number | null;
}

export type GoalName = "opens" | "sessions" | "purchases";

export interface Lift {
  confidence: number;
  holdout: { people: number };
  goals: { goal: GoalName; holdout: LiftGroup; treatments: LiftTreatment[] }[];
}

export interface SchedulePreview {
  runs: string[];
  zones: { zone: string; endpoints: number; fires: string; localTime: string; quiet: boolean }[];
  missingZone: number;
  heat: HeatCell[];
}

export interface HeatCell {
  utcHour: number;
  localHour: number;
  endpoints: number;
}

export interface DryRunSample {
  endpointId: string;
  treatmentId?: string;
  channel: string;
  at?: string;
  subject?: string;
  text?: string;
  html?: string;
}

export interface DryRunResult {
  firstMessage?: string;
  lastMessage?: string;
  /** The rate that `lastMessage` supposes. */
  messagesPerSecond: number;
  rateAssumed: boolean;
  /** The campaign waits for events: the outcomes say who could get a message. */
  eligibility: boolean;
  hookNotCalled: boolean;
  /** Mails to addresses on the suppression list, counted among those sent. */
  suppressed: number;
  outcomes: Record<string, number>;
  treatments: {
    id: string;
    name?: string;
    due?: string;
    firstMessage?: string;
    lastMessage?: string;
    planned: number;
    sent: number;
    outcomes: Record<string, number>;
  }[];
  canaries: { treatmentIds: string[]; endpoints: number; out?: string; rest?: string }[];
  localHours: { hour: number; sent: number; quiet: number }[];
  withoutZone: { sent: number; quiet: number };
  zones: { zone: string; fires: string; endpoints: number }[];
  samples: DryRunSample[];
  renderFailures: { reason: string; endpoints: number; sample: string[] }[];
  missingVariables: { variable: string; endpoints: number; sample: string[] }[];
  longTexts: { parts: number; endpoints: number }[];
}

export interface DryRun {
  id: string;
  campaignId?: string;
  state: "RUNNING" | "COMPLETED" | "FAILED";
  reason?: string;
  created: string;
  start: string;
  planned: number;
  looked: number;
  result?: DryRunResult;
}

/** A dry run against what really happened. */
export interface DryRunDifference {
  outcomes: { outcome: string; planned: number; actual: number }[];
  moved: { from: string; to: string; endpoints: number; sample: string[] }[];
}

export interface ExplainStep {
  rule: string;
  /** `null` for a rule that was not asked. */
  passed: boolean | null;
  detail: string;
  inputs: Record<string, unknown>;
}

export interface ExplainedPerson {
  endpointId: string;
  userId?: string;
  /** An outcome, or `SEND`. */
  verdict: string;
  treatmentId?: string;
  due?: string;
  steps: ExplainStep[];
  history: { runId: string; activityId?: string; outcome: string; at?: string }[];
}

export interface Explanation {
  at: string;
  /** `at` lies before now, and the endpoint is judged as it is today. */
  past: boolean;
  campaign: { id: string; name?: string };
  people: ExplainedPerson[];
}

export interface Metrics {
  targeted: number;
  sent: number;
  delivered: number;
  uniqueOpens: number;
  opens: number;
  uniqueClicks: number;
  clicks: number;
  hardBounces: number;
  softBounces: number;
  complaints: number;
  unsubscribes: number;
  deliveryRate: number | null;
  openRate: number | null;
  clickRate: number | null;
  bounceRate: number | null;
  sessionsPerUser?: number | null;
}

export interface SeriesPoint {
  time: string;
  sent: number;
  delivered: number;
  opened: number;
  clicked: number;
  bounced: number;
  complained: number;
  unsubscribed: number;
}

export interface CampaignAnalytics {
  start: string;
  end: string;
  totals: Metrics;
  treatments: { id: string; name?: string; allocation: number; metrics: Metrics }[];
  holdout?: { endpoints: number; sessionsPerUser: number | null };
  runs: { activityId: string; treatmentId: string; started?: string; metrics: Metrics }[];
  series: { step: "hour" | "day"; points: SeriesPoint[] };
}

export interface UsageDay {
  date: string;
  dailyActiveEndpoints: number;
  monthlyActiveEndpoints: number;
  dailyActiveUsers: number;
  monthlyActiveUsers: number;
  newEndpoints: number;
  newUsers: number;
  sessions: number;
  stickyFactor: number | null;
  retention7: number | null;
}

export interface Usage {
  days: UsageDay[];
  totals: { activeEndpoints: number; activeUsers: number; sessions: number; newEndpoints: number; newUsers: number };
}

export interface EventCounts {
  types: { type: string; count: number }[];
  days: { date: string; count: number; endpoints: number; users: number }[];
}

export interface CampaignTotals {
  sent: number;
  delivered: number;
  openRate: number | null;
  activeCampaigns: number;
  days: { date: string; sent: number; delivered: number; opened: number; clicked: number; bounced: number }[];
}

export interface AccessKey {
  accessKeyId: string;
  policy: string;
  app?: string;
  description?: string;
  created: string;
}

export interface NewAccessKey extends AccessKey {
  secretAccessKey: string;
}

export interface Suppression {
  address: string;
  reason: string;
  since: string;
}

export interface ServerStatus {
  version: string;
  started: string;
  emailTransport: string;
  endpoints: number;
  events: { end: number; behind: number };
  disk: { bytes: number };
}

export type EndpointPage = Page<EndpointResponse>;
