/**
 * A campaign while the wizard is open, and the requests it becomes.
 *
 * The default treatment gets what the holdout and the other treatments leave
 * (`docs/spec/campaigns.md` §6); the wizard therefore never asks for its share.
 */
import type { Safety } from "../api/beckon";
import type { CampaignHook, CampaignResponse, WriteCampaignRequest } from "../generated/wire";
import {
  channelsOf,
  configurationOf,
  contentOf,
  contentProblem,
  customDeliveryOf,
  emptyContent,
  emptyTransport,
  transportFrom,
  transportProblem,
} from "./content";
import type { Channel, Content, Transport } from "./content";
import { emptySafety, fromSafety, isSafe, safetyProblems, toSafety } from "./safety";
import type { SafetyDraft } from "./safety";
import { emptySchedule, fromSchedule, labelOf, scheduleProblems, startOf, toSchedule } from "./schedule";
import type { Problems, ScheduleDraft } from "./schedule";

export interface DraftTreatment {
  name: string;
  /** Percent of the audience as typed; unused for the first treatment. */
  share: string;
  content: Content;
  /** Absent while it follows the campaign's; never there for the first treatment. */
  schedule?: ScheduleDraft;
}

export interface LimitsDraft {
  daily: string;
  total: string;
  perSecond: string;
  duration: string;
  session: string;
}

export interface HookDraft {
  kind: "none" | "function" | "url";
  target: string;
}

export interface CampaignDraft {
  name: string;
  description: string;
  segmentId: string;
  channel: Channel;
  transport: Transport;
  treatments: DraftTreatment[];
  holdout: string;
  schedule: ScheduleDraft;
  limits: LimitsDraft;
  /** In-app only; a smaller number is shown first. */
  priority: string;
  hook: HookDraft;
  safety: SafetyDraft;
}

/** Treatments beside the default one that the server takes. */
export const ADDITIONAL_TREATMENTS_MAX = 4;

/** The label of the reader's own offset. */
export function ownZone(now: Date): string {
  return labelOf(-now.getTimezoneOffset());
}

export function emptyDraft(zone = "UTC"): CampaignDraft {
  return {
    name: "",
    description: "",
    segmentId: "",
    channel: "EMAIL",
    transport: emptyTransport(),
    treatments: [{ name: "A", share: "", content: emptyContent("EMAIL") }],
    holdout: "0",
    schedule: emptySchedule("IMMEDIATE", zone),
    limits: { daily: "", total: "", perSecond: "", duration: "", session: "" },
    priority: "",
    hook: { kind: "none", target: "" },
    safety: emptySafety(),
  };
}

/** The same campaign on another channel: what was written for the old one is dropped. */
export function onChannel(draft: CampaignDraft, channel: Channel): CampaignDraft {
  if (channel === draft.channel) return draft;
  const inApp = channel === "IN_APP";
  const kind = inApp ? "IN_APP_EVENT" : draft.channel === "IN_APP" ? "IMMEDIATE" : draft.schedule.kind;
  return {
    ...draft,
    channel,
    treatments: draft.treatments.map(({ name, share, schedule }) => ({
      name,
      share,
      content: emptyContent(channel),
      ...(schedule === undefined || inApp ? {} : { schedule }),
    })),
    schedule: { ...draft.schedule, kind },
  };
}

export function whole(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : undefined;
}

/** What remains for the first treatment, in percent; negative when too much is given away. */
export function defaultShare(draft: CampaignDraft): number {
  const others = draft.treatments.slice(1).reduce((sum, { share }) => sum + (whole(share) ?? 0), 0);
  return 100 - (whole(draft.holdout) ?? 0) - others;
}

export function basicsProblems(draft: CampaignDraft): Problems {
  return draft.name.trim() === "" ? { name: "Give the campaign a name." } : {};
}

export function audienceProblems(draft: CampaignDraft): Problems {
  return draft.segmentId === "" ? { segment: "Choose a segment." } : {};
}

/** Problems by field; the fields of treatment `i` are `treatment.i.…`. */
export function messageProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  const holdout = whole(draft.holdout);
  if (holdout === undefined || holdout > 100) found.holdout = "Give a whole percentage from 0 to 100.";
  const travel = transportProblem(draft.channel, draft.transport);
  if (travel !== undefined) found.transport = travel;
  draft.treatments.forEach((treatment, index) => {
    const message = contentProblem(treatment.content);
    if (message !== undefined) found[`treatment.${index}.content`] = message;
    if (index === 0) return;
    const share = whole(treatment.share);
    if (share === undefined || share < 1 || share > 100) {
      found[`treatment.${index}.share`] = "Give a whole percentage from 1 to 100.";
    }
  });
  if (defaultShare(draft) < 0) found.shares = "Holdout and treatments together give away more than 100%.";
  return found;
}

/** Problems of all schedules; those of treatment `i` are `treatment.i.…`. `original` is what is being edited. */
export function timeProblems(draft: CampaignDraft, now: Date, original?: CampaignDraft): Problems {
  const moved = (index: number, one: ScheduleDraft) => {
    const before = index === 0 ? original?.schedule : original?.treatments[index]?.schedule;
    return before === undefined || startOf(one)?.getTime() !== startOf(before)?.getTime();
  };
  const found = { ...scheduleProblems(draft.schedule, now, moved(0, draft.schedule)) };
  draft.treatments.forEach(({ schedule }, index) => {
    if (index === 0 || schedule === undefined) return;
    for (const [field, message] of Object.entries(scheduleProblems(schedule, now, moved(index, schedule)))) {
      found[`treatment.${index}.${field}`] = message;
    }
  });
  return found;
}

/** Longest run in seconds that the console offers: a year. */
const DURATION_MAX = 31_536_000;

export function limitsProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  const check = (field: string, text: string, from: number, to: number) => {
    const value = whole(text);
    if (text.trim() !== "" && (value === undefined || value < from || value > to)) {
      found[field] = `Give a whole number from ${from} to ${to.toLocaleString("en-US")}, or leave it empty.`;
    }
  };
  check("daily", draft.limits.daily, 0, 100);
  check("total", draft.limits.total, 0, 100);
  check("perSecond", draft.limits.perSecond, 1, 20_000);
  check("duration", draft.limits.duration, 60, DURATION_MAX);
  check("session", draft.limits.session, 0, 100);
  check("priority", draft.priority, 0, 1_000_000);
  const target = draft.hook.target.trim();
  if (draft.hook.kind === "function" && target === "") found.hook = "Name the function.";
  if (draft.hook.kind === "url" && !/^https?:\/\/\S+$/.test(target)) found.hook = "Give an address that begins with https://.";
  return { ...found, ...safetyProblems(draft.safety) };
}

function hookOf({ kind, target }: HookDraft): CampaignHook | undefined {
  if (kind === "none") return undefined;
  return { ...(kind === "function" ? { LambdaFunctionName: target.trim() } : { WebUrl: target.trim() }), Mode: "FILTER" };
}

/** Which limits mean something on a channel. */
export function limitsOf(channel: Channel): (keyof LimitsDraft)[] {
  return channel === "IN_APP" ? ["daily", "session", "total"] : ["perSecond", "daily", "total", "duration"];
}

/** The request that creates the campaign. */
export function toRequest(draft: CampaignDraft): WriteCampaignRequest {
  const { channel, transport } = draft;
  const [first, ...others] = draft.treatments;
  const usable = limitsOf(channel);
  const limit = (field: keyof LimitsDraft) => (usable.includes(field) ? whole(draft.limits[field]) : undefined);
  const limits = {
    Daily: limit("daily"),
    Total: limit("total"),
    MessagesPerSecond: limit("perSecond"),
    MaximumDuration: limit("duration"),
    Session: limit("session"),
  };
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  const delivery = customDeliveryOf(channel, transport);
  const hook = channel === "IN_APP" ? undefined : hookOf(draft.hook);
  const priority = channel === "IN_APP" ? whole(draft.priority) : undefined;
  return {
    Name: draft.name.trim(),
    ...(draft.description.trim() === "" ? {} : { Description: draft.description.trim() }),
    SegmentId: draft.segmentId,
    HoldoutPercent: whole(draft.holdout) ?? 0,
    ...(first === undefined ? {} : configurationOf(channel, first.content, transport)),
    ...(delivery === undefined ? {} : { CustomDeliveryConfiguration: delivery }),
    ...(others.length === 0 ? {} : { TreatmentName: first?.name ?? "A" }),
    AdditionalTreatments: others.map((treatment) => ({
      TreatmentName: treatment.name,
      SizePercent: whole(treatment.share) ?? 0,
      ...configurationOf(channel, treatment.content, transport),
      ...(treatment.schedule === undefined ? {} : { Schedule: toSchedule(treatment.schedule) }),
    })),
    Schedule: toSchedule(draft.schedule),
    Limits: given,
    ...(hook === undefined ? {} : { Hook: hook }),
    ...(priority === undefined ? {} : { Priority: priority }),
  };
}

/** The safety to set before the campaign may run; `undefined` when it needs none. */
export function safetyOf(draft: CampaignDraft): Safety | undefined {
  return draft.channel !== "IN_APP" && isSafe(draft.safety) ? toSafety(draft.safety) : undefined;
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function hookDraft(hook: CampaignHook | undefined): HookDraft {
  if (hook?.LambdaFunctionName !== undefined) return { kind: "function", target: hook.LambdaFunctionName };
  return hook?.WebUrl === undefined ? { kind: "none", target: "" } : { kind: "url", target: hook.WebUrl };
}

/** The channels that `campaign` has content for and a draft of it does not show. */
export function unshownChannels(campaign: CampaignResponse): Channel[] {
  return channelsOf(campaign).slice(1);
}

/** A draft that shows `campaign` as it is stored. */
export function draftOf(campaign: CampaignResponse, safety?: Safety): CampaignDraft {
  const others = campaign.AdditionalTreatments ?? [];
  const channel = channelsOf(campaign)[0] ?? "EMAIL";
  const limits = campaign.Limits;
  return {
    name: campaign.Name ?? "",
    description: campaign.Description ?? "",
    segmentId: campaign.SegmentId,
    channel,
    transport: transportFrom(campaign.MessageConfiguration, campaign.CustomDeliveryConfiguration),
    treatments: [
      { name: campaign.TreatmentName ?? "A", share: "", content: contentOf(channel, campaign) },
      ...others.map((treatment, index) => ({
        name: treatment.TreatmentName ?? nextTreatmentName(index + 1),
        share: String(treatment.SizePercent),
        content: contentOf(channel, {
          MessageConfiguration: treatment.MessageConfiguration ?? campaign.MessageConfiguration,
          TemplateConfiguration: treatment.TemplateConfiguration ?? campaign.TemplateConfiguration,
        }),
        ...(treatment.Schedule === undefined ? {} : { schedule: fromSchedule(treatment.Schedule) }),
      })),
    ],
    holdout: String(campaign.HoldoutPercent ?? 0),
    schedule: fromSchedule(campaign.Schedule),
    limits: {
      daily: optional(limits?.Daily),
      total: optional(limits?.Total),
      perSecond: optional(limits?.MessagesPerSecond),
      duration: optional(limits?.MaximumDuration),
      session: optional(limits?.Session),
    },
    priority: optional(campaign.Priority),
    hook: hookDraft(campaign.Hook),
    safety: safety === undefined ? emptySafety() : fromSafety(safety),
  };
}

/** `schedule` if it can still begin; otherwise its start and end are asked again. */
function renewed(schedule: ScheduleDraft, now: Date): ScheduleDraft {
  if (Object.keys(scheduleProblems(schedule, now)).length === 0) return schedule;
  const kind = schedule.kind === "ONCE" ? "IMMEDIATE" : schedule.kind;
  return { ...schedule, kind, date: "", time: "", endDate: "", endTime: "" };
}

/** A draft like `campaign`, to be launched anew: a start that has passed is asked again. */
export function copyOf(campaign: CampaignResponse, now: Date, safety?: Safety): CampaignDraft {
  const draft = draftOf(campaign, safety);
  return {
    ...draft,
    name: `${campaign.Name ?? "Campaign"} (copy)`,
    schedule: renewed(draft.schedule, now),
    treatments: draft.treatments.map((treatment) =>
      treatment.schedule === undefined ? treatment : { ...treatment, schedule: renewed(treatment.schedule, now) },
    ),
  };
}

/** The members of `after` that differ from `before`: what an update has to send. */
export function changes(before: CampaignDraft, after: CampaignDraft): WriteCampaignRequest {
  const old = toRequest(before);
  const wanted = toRequest(after);
  const members = new Set([...Object.keys(old), ...Object.keys(wanted)]) as Set<keyof WriteCampaignRequest>;
  const found: WriteCampaignRequest = {};
  for (const member of members) {
    if (JSON.stringify(old[member]) === JSON.stringify(wanted[member])) continue;
    Object.assign(found, { [member]: wanted[member] ?? cleared[member] });
  }
  return found;
}

/** What empties a member that an update would otherwise leave as it was. */
const cleared: Partial<Record<keyof WriteCampaignRequest, unknown>> = {
  Description: "",
  MessageConfiguration: {},
  TemplateConfiguration: {},
  Hook: {},
};

/** `0` → `A`, `1` → `B`, … */
export function nextTreatmentName(index: number): string {
  return String.fromCharCode(65 + index);
}
