/**
 * When a campaign is sent, while the wizard is open (`docs/spec/campaigns.md` §4, §10, §11).
 *
 * A start is written on the wall clock of a fixed offset and sent as the instant that it names,
 * so that what is shown is what is meant.
 */
import type { AttributeType, DimensionType, FilterType, Frequency, Schedule } from "../generated/wire";
import { comparesDates } from "../segments/draft";

export type ScheduleKind = "IMMEDIATE" | Frequency;

export interface FilterAttribute {
  name: string;
  operator: AttributeType;
  values: string[];
}

export interface FilterMetric {
  name: string;
  operator: string;
  value: string;
}

/** Which events a campaign waits for. */
export interface FilterDraft {
  type: FilterType;
  operator: DimensionType;
  events: string[];
  attributes: FilterAttribute[];
  metrics: FilterMetric[];
}

export interface ScheduleDraft {
  kind: ScheduleKind;
  /** `YYYY-MM-DD` and `HH:MM` on the clock of `zone`. */
  date: string;
  time: string;
  /** A label of `zoneLabels`. */
  zone: string;
  localTime: boolean;
  endDate: string;
  endTime: string;
  quietStart: string;
  quietEnd: string;
  filter: FilterDraft;
}

export const kinds: { value: ScheduleKind; label: string; description?: string }[] = [
  { value: "IMMEDIATE", label: "At once", description: "Sending begins when you launch the campaign." },
  { value: "ONCE", label: "Once, at a time that you choose" },
  { value: "HOURLY", label: "Every hour" },
  { value: "DAILY", label: "Every day" },
  { value: "WEEKLY", label: "Every week" },
  { value: "MONTHLY", label: "Every month" },
  { value: "EVENT", label: "When an event happens", description: "Each person is sent the message when they do something, or something happens to a message." },
];

const HALF_HOURS = ["+03:30", "+04:30", "+05:30", "+05:45", "+06:30", "+09:30", "+10:30"];

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

function minutesOf(label: string): number {
  const found = /^UTC(?:([+-])(\d{2})(?::(\d{2}))?)?$/.exec(label);
  if (found?.[1] === undefined) return 0;
  return (found[1] === "-" ? -1 : 1) * (Number(found[2]) * 60 + Number(found[3] ?? "0"));
}

/** The offsets that the server knows, from west to east. */
export const zoneLabels: string[] = [
  "UTC",
  ...Array.from({ length: 13 }, (_, index) => `UTC+${twoDigits(index + 1)}`),
  ...Array.from({ length: 10 }, (_, index) => `UTC-${twoDigits(index + 2)}`),
  ...HALF_HOURS.map((offset) => `UTC${offset}`),
].sort((a, b) => minutesOf(a) - minutesOf(b));

/** The label of an offset in minutes east of UTC; `UTC` where there is none. */
export function labelOf(minutesEast: number): string {
  return zoneLabels.find((label) => minutesOf(label) === minutesEast) ?? "UTC";
}

export function emptyFilter(): FilterDraft {
  return { type: "ENDPOINT", operator: "INCLUSIVE", events: [], attributes: [], metrics: [] };
}

export function emptySchedule(kind: ScheduleKind, zone: string): ScheduleDraft {
  return {
    kind,
    date: "",
    time: "",
    zone,
    localTime: false,
    endDate: "",
    endTime: "",
    quietStart: "",
    quietEnd: "",
    filter: emptyFilter(),
  };
}

/** Whether runs of this kind are spread over the zones of their people. */
export function sweeps(kind: ScheduleKind): boolean {
  return kind === "ONCE" || kind === "DAILY" || kind === "WEEKLY" || kind === "MONTHLY";
}

/** Whether people are reached when something happens rather than in runs. */
export function triggered(kind: ScheduleKind): boolean {
  return kind === "EVENT" || kind === "IN_APP_EVENT";
}

/** Whether there may be an end. */
export function mayEnd(kind: ScheduleKind): boolean {
  return kind !== "IMMEDIATE" && kind !== "ONCE";
}

const CLOCK = /^([01]\d|2[0-3]):[0-5]\d$/;

/** The instant at which the clock of `zone` shows this; `undefined` while incomplete or impossible. */
export function instantOf(date: string, time: string, zone: string): Date | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(date) || !CLOCK.test(time)) return undefined;
  const wall = new Date(`${date}T${time}:00Z`);
  if (Number.isNaN(wall.getTime()) || !wall.toISOString().startsWith(date)) return undefined;
  return new Date(wall.getTime() - minutesOf(zone) * 60_000);
}

/** What the clock of `zone` shows at an instant. */
export function wallClock(instant: Date, zone: string): { date: string; time: string } {
  const text = new Date(instant.getTime() + minutesOf(zone) * 60_000).toISOString();
  return { date: text.slice(0, 10), time: text.slice(11, 16) };
}

export function startOf(draft: ScheduleDraft): Date | undefined {
  return instantOf(draft.date, draft.time, draft.zone);
}

export function endOf(draft: ScheduleDraft): Date | undefined {
  return instantOf(draft.endDate, draft.endTime, draft.zone);
}

/** Problems by field. */
export type Problems = Record<string, string>;

/** Event campaigns must begin this far ahead (`docs/spec/campaigns.md` §10). */
const EVENT_LEAD_MS = 15 * 60_000;

function filterProblem(filter: FilterDraft): string | undefined {
  if (filter.events.length === 0) return "Name at least one event.";
  const names = new Set<string>();
  for (const { name, operator, values } of filter.attributes) {
    if (name.trim() === "") return "Name the attribute.";
    if (names.has(name)) return `The attribute ${name} stands there twice.`;
    names.add(name);
    if (values.length === 0) return `Give ${name} at least one value.`;
    if ((operator === "BETWEEN" || operator === "NOT_BETWEEN") && values.length !== 2) return `Give ${name} exactly two dates.`;
    if (comparesDates(operator) && values.some((value) => Number.isNaN(Date.parse(value)))) {
      return `Give dates for ${name} as 2026-03-04 or 2026-03-04T05:06:07Z.`;
    }
  }
  for (const { name, value } of filter.metrics) {
    if (name.trim() === "") return "Name the metric.";
    if (value.trim() === "" || !Number.isFinite(Number(value))) return `Give ${name} a number.`;
  }
  return undefined;
}

/** What keeps a schedule from being accepted; `changed` says whether its start must lie ahead. */
export function scheduleProblems(draft: ScheduleDraft, now: Date, changed = true): Problems {
  const found: Problems = {};
  const start = startOf(draft);
  if (draft.kind !== "IMMEDIATE") {
    if (start === undefined) found.start = "Give a date and a time.";
    else if (changed && draft.kind === "EVENT" && start.getTime() < now.getTime() + EVENT_LEAD_MS) {
      found.start = "A campaign that waits for events begins at least 15 minutes from now.";
    } else if (changed && start < now) found.start = "This time has passed.";
  }
  if (mayEnd(draft.kind)) {
    const end = endOf(draft);
    const wanted = draft.endDate !== "" || draft.endTime !== "";
    if (wanted && end === undefined) found.end = "Give a date and a time, or neither.";
    if (!wanted && draft.kind === "IN_APP_EVENT") found.end = "Say when the message is no longer shown.";
    if (end !== undefined && start !== undefined && end <= start) found.end = "The end lies before the start.";
  }
  const { quietStart, quietEnd } = draft;
  if ((quietStart !== "" || quietEnd !== "") && !(CLOCK.test(quietStart) && CLOCK.test(quietEnd))) {
    found.quiet = "Give both times as HH:MM, or neither.";
  }
  if (triggered(draft.kind)) {
    const message = filterProblem(draft.filter);
    if (message !== undefined) found.filter = message;
  }
  return found;
}

function filterOf(filter: FilterDraft): Schedule["EventFilter"] {
  const attributes = filter.attributes.map(({ name, operator, values }) => [name, { AttributeType: operator, Values: values }] as const);
  const metrics = filter.metrics.map(({ name, operator, value }) => [name, { ComparisonOperator: operator, Value: Number(value) }] as const);
  return {
    FilterType: filter.type,
    Dimensions: {
      EventType: { DimensionType: filter.operator, Values: filter.events },
      ...(attributes.length === 0 ? {} : { Attributes: Object.fromEntries(attributes) }),
      ...(metrics.length === 0 ? {} : { Metrics: Object.fromEntries(metrics) }),
    },
  };
}

/** The wire's schedule. */
export function toSchedule(draft: ScheduleDraft): Schedule {
  const quiet = draft.quietStart === "" ? {} : { QuietTime: { Start: draft.quietStart, End: draft.quietEnd } };
  if (draft.kind === "IMMEDIATE") return { StartTime: "IMMEDIATE", Frequency: "ONCE", ...quiet };
  const end = mayEnd(draft.kind) ? endOf(draft) : undefined;
  return {
    StartTime: startOf(draft)?.toISOString() ?? "",
    Frequency: draft.kind,
    Timezone: draft.zone,
    ...(sweeps(draft.kind) ? { IsLocalTime: draft.localTime } : {}),
    ...(end === undefined ? {} : { EndTime: end.toISOString() }),
    ...quiet,
    ...(triggered(draft.kind) ? { EventFilter: filterOf(draft.filter) } : {}),
  };
}

/** The draft that shows a stored schedule. */
export function fromSchedule(schedule: Schedule | undefined): ScheduleDraft {
  const zone = zoneLabels.find((label) => label === schedule?.Timezone?.toUpperCase()) ?? "UTC";
  const immediate = schedule === undefined || schedule.StartTime.toUpperCase() === "IMMEDIATE";
  const draft = emptySchedule(immediate ? "IMMEDIATE" : (schedule.Frequency ?? "ONCE"), zone);
  if (schedule === undefined) return draft;
  const shown = (text: string | undefined) => {
    const at = new Date(text ?? "");
    return Number.isNaN(at.getTime()) ? { date: "", time: "" } : wallClock(at, zone);
  };
  const start = shown(immediate ? undefined : schedule.StartTime);
  const end = shown(schedule.EndTime);
  const dimensions = schedule.EventFilter?.Dimensions;
  return {
    ...draft,
    date: start.date,
    time: start.time,
    localTime: schedule.IsLocalTime ?? false,
    endDate: end.date,
    endTime: end.time,
    quietStart: schedule.QuietTime?.Start ?? "",
    quietEnd: schedule.QuietTime?.End ?? "",
    filter: {
      type: schedule.EventFilter?.FilterType ?? "ENDPOINT",
      operator: dimensions?.EventType?.DimensionType ?? "INCLUSIVE",
      events: dimensions?.EventType?.Values ?? [],
      attributes: Object.entries(dimensions?.Attributes ?? {}).map(([name, { AttributeType: operator = "INCLUSIVE", Values: values }]) => ({
        name,
        operator,
        values,
      })),
      metrics: Object.entries(dimensions?.Metrics ?? {}).map(([name, { ComparisonOperator: operator, Value: value }]) => ({
        name,
        operator,
        value: String(value),
      })),
    },
  };
}

/** A schedule in words: `Every day from 2031-03-01 09:30 (UTC+02), in everyone's own time`. */
export function scheduleText(draft: ScheduleDraft): string {
  if (draft.kind === "IMMEDIATE") return "At once";
  const at = `${draft.date} ${draft.time} (${draft.zone})`;
  const label = { ONCE: "Once, at", HOURLY: "Every hour from", DAILY: "Every day from", WEEKLY: "Every week from", MONTHLY: "Every month from", EVENT: "On events from", IN_APP_EVENT: "In the app from" }[draft.kind];
  const end = endOf(draft) === undefined || !mayEnd(draft.kind) ? "" : ` until ${draft.endDate} ${draft.endTime}`;
  const local = sweeps(draft.kind) && draft.localTime ? ", in everyone's own time" : "";
  return `${label} ${at}${end}${local}`;
}
