/** Instants and days as people read them. */
import { NONE } from "./numbers";

const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayAndMonth = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** An ISO instant in the reader's own zone. */
export function instant(iso: string | undefined): string {
  if (iso === undefined || iso === "") return NONE;
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? iso : moment.format(date);
}

/** The hour and minute of a date in the reader's own zone. */
export function hourMinute(date: Date): string {
  return clock.format(date);
}

/** The day and month of a UTC day. */
export function utcDay(date: Date): string {
  return dayAndMonth.format(date);
}

/** How long ago: `just now`, `5 min ago`, `3 h ago`, then the instant itself. */
export function ago(iso: string, now: Date): string {
  const seconds = (now.getTime() - new Date(iso).getTime()) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return instant(iso);
}

/** `95` → `1 min 35 s`. */
export function duration(seconds: number): string {
  if (seconds < 1) return "under a second";
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The UTC day `days` before the one of `now`, as `YYYY-MM-DD`. */
export function dayBefore(now: Date, days: number): string {
  return new Date(now.getTime() - days * 86_400_000).toISOString().slice(0, 10);
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** The first instant of a `YYYY-MM-DD` on the reader's calendar; `undefined` while it is none. */
export function dayStart(day: string): string | undefined {
  return atClock(day, "00:00:00.000");
}

/** The last instant of a `YYYY-MM-DD` on the reader's calendar. */
export function dayEnd(day: string): string | undefined {
  return atClock(day, "23:59:59.999");
}

function atClock(day: string, clockTime: string): string | undefined {
  const at = new Date(`${day}T${clockTime}`);
  return DAY.test(day) && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}
