/**
 * A campaign while the wizard is open, and the request it becomes.
 *
 * The default treatment gets what the holdout and the other treatments leave
 * (`docs/spec/campaigns.md` §6); the wizard therefore never asks for its share.
 */
import type {
  CampaignResponse,
  MessageConfiguration,
  TemplateConfiguration,
  TreatmentResource,
  WriteCampaignRequest,
} from "../generated/wire";

export type Content =
  | { kind: "template"; template: string; version: string }
  | { kind: "inline"; subject: string; html: string; text: string };

export interface DraftTreatment {
  name: string;
  /** Percent of the audience as typed; unused for the first treatment. */
  share: string;
  content: Content;
}

export interface CampaignDraft {
  name: string;
  description: string;
  segmentId: string;
  fromAddress: string;
  treatments: DraftTreatment[];
  holdout: string;
  start: "immediate" | "once";
  /** `YYYY-MM-DD` and `HH:MM`, in the reader's zone or in UTC. */
  date: string;
  time: string;
  zone: "local" | "UTC";
  limits: { daily: string; total: string; perSecond: string; duration: string };
}

/** Treatments beside the default one that the server takes. */
export const ADDITIONAL_TREATMENTS_MAX = 4;

export function emptyContent(): Content {
  return { kind: "template", template: "", version: "" };
}

export function emptyDraft(): CampaignDraft {
  return {
    name: "",
    description: "",
    segmentId: "",
    fromAddress: "",
    treatments: [{ name: "A", share: "", content: emptyContent() }],
    holdout: "0",
    start: "immediate",
    date: "",
    time: "",
    zone: "local",
    limits: { daily: "", total: "", perSecond: "", duration: "" },
  };
}

function whole(text: string): number | undefined {
  return /^\d+$/.test(text.trim()) ? Number(text.trim()) : undefined;
}

/** What remains for the first treatment, in percent; negative when too much is given away. */
export function defaultShare(draft: CampaignDraft): number {
  const others = draft.treatments.slice(1).reduce((sum, { share }) => sum + (whole(share) ?? 0), 0);
  return 100 - (whole(draft.holdout) ?? 0) - others;
}

/** The instant at which a one-time campaign starts; `undefined` while date or time is missing. */
export function startInstant(draft: CampaignDraft): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(draft.date) || !/^\d{2}:\d{2}$/.test(draft.time)) return undefined;
  const date = new Date(`${draft.date}T${draft.time}:00${draft.zone === "UTC" ? "Z" : ""}`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Problems by field; the fields of treatment `i` are `treatment.i.…`. */
export type Problems = Record<string, string>;

export function basicsProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  if (draft.name.trim() === "") found.name = "Give the campaign a name.";
  return found;
}

export function audienceProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  if (draft.segmentId === "") found.segment = "Choose a segment.";
  return found;
}

function contentProblem(content: Content): string | undefined {
  if (content.kind === "template") return content.template === "" ? "Choose a template." : undefined;
  if (content.subject.trim() === "") return "Give the message a subject.";
  return content.html.trim() === "" && content.text.trim() === "" ? "Write the message." : undefined;
}

export function messageProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  const holdout = whole(draft.holdout);
  if (holdout === undefined || holdout > 100) found.holdout = "Give a whole percentage from 0 to 100.";
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

export function scheduleProblems(draft: CampaignDraft, now: Date): Problems {
  if (draft.start === "immediate") return {};
  const start = startInstant(draft);
  if (start === undefined) return { start: "Give a date and a time." };
  return start < now ? { start: "This time has passed." } : {};
}

export function limitsProblems(draft: CampaignDraft): Problems {
  const found: Problems = {};
  const check = (field: keyof CampaignDraft["limits"], from: number, to: number) => {
    const text = draft.limits[field];
    const value = whole(text);
    if (text.trim() !== "" && (value === undefined || value < from || value > to)) {
      found[field] = `Give a whole number from ${from} to ${to.toLocaleString("en-US")}, or leave it empty.`;
    }
  };
  check("daily", 0, 100);
  check("total", 0, 100);
  check("perSecond", 1, 20_000);
  check("duration", 60, 31_536_000);
  return found;
}

interface Configuration {
  MessageConfiguration?: MessageConfiguration;
  TemplateConfiguration?: TemplateConfiguration;
}

function configurationOf(content: Content, fromAddress: string): Configuration {
  const from = fromAddress.trim() === "" ? {} : { FromAddress: fromAddress.trim() };
  if (content.kind === "template") {
    const version = content.version === "" ? {} : { Version: content.version };
    return {
      TemplateConfiguration: { EmailTemplate: { Name: content.template, ...version } },
      ...(fromAddress.trim() === "" ? {} : { MessageConfiguration: { EmailMessage: from } }),
    };
  }
  return {
    MessageConfiguration: {
      EmailMessage: {
        ...from,
        Title: content.subject,
        ...(content.html.trim() === "" ? {} : { HtmlBody: content.html }),
        ...(content.text.trim() === "" ? {} : { Body: content.text }),
      },
    },
  };
}

/** The request that creates the campaign. */
export function toRequest(draft: CampaignDraft): WriteCampaignRequest {
  const [first, ...others] = draft.treatments;
  const limits = {
    Daily: whole(draft.limits.daily),
    Total: whole(draft.limits.total),
    MessagesPerSecond: whole(draft.limits.perSecond),
    MaximumDuration: whole(draft.limits.duration),
  };
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return {
    Name: draft.name.trim(),
    ...(draft.description.trim() === "" ? {} : { Description: draft.description.trim() }),
    SegmentId: draft.segmentId,
    HoldoutPercent: whole(draft.holdout) ?? 0,
    ...(first === undefined ? {} : configurationOf(first.content, draft.fromAddress)),
    ...(others.length === 0 ? {} : { TreatmentName: first?.name ?? "A" }),
    AdditionalTreatments: others.map((treatment) => ({
      TreatmentName: treatment.name,
      SizePercent: whole(treatment.share) ?? 0,
      ...configurationOf(treatment.content, draft.fromAddress),
    })),
    Schedule: {
      StartTime: draft.start === "immediate" ? "IMMEDIATE" : (startInstant(draft)?.toISOString() ?? ""),
      Frequency: "ONCE",
    },
    Limits: given,
  };
}

function contentOf(source: Pick<TreatmentResource, "MessageConfiguration" | "TemplateConfiguration">): Content {
  const template = source.TemplateConfiguration?.EmailTemplate;
  if (template?.Name !== undefined) {
    return { kind: "template", template: template.Name, version: template.Version ?? "" };
  }
  const message = source.MessageConfiguration?.EmailMessage;
  return {
    kind: "inline",
    subject: message?.Title ?? "",
    html: message?.HtmlBody ?? "",
    text: message?.Body ?? "",
  };
}

function optional(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

/** A draft like `campaign`, to be launched anew: the start is asked again. */
export function copyOf(campaign: CampaignResponse): CampaignDraft {
  const others = campaign.AdditionalTreatments ?? [];
  return {
    ...emptyDraft(),
    name: `${campaign.Name ?? "Campaign"} (copy)`,
    description: campaign.Description ?? "",
    segmentId: campaign.SegmentId,
    fromAddress: campaign.MessageConfiguration?.EmailMessage?.FromAddress ?? "",
    treatments: [
      { name: campaign.TreatmentName ?? "A", share: "", content: contentOf(campaign) },
      ...others.map((treatment, index) => ({
        name: treatment.TreatmentName ?? nextTreatmentName(index + 1),
        share: String(treatment.SizePercent),
        content: contentOf({
          MessageConfiguration: treatment.MessageConfiguration ?? campaign.MessageConfiguration,
          TemplateConfiguration: treatment.TemplateConfiguration ?? campaign.TemplateConfiguration,
        }),
      })),
    ],
    holdout: String(campaign.HoldoutPercent ?? 0),
    limits: {
      daily: optional(campaign.Limits?.Daily),
      total: optional(campaign.Limits?.Total),
      perSecond: optional(campaign.Limits?.MessagesPerSecond),
      duration: optional(campaign.Limits?.MaximumDuration),
    },
  };
}

/** `0` → `A`, `1` → `B`, … */
export function nextTreatmentName(index: number): string {
  return String.fromCharCode(65 + index);
}
