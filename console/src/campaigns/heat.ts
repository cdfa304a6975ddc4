/** Lays out when people are reached: by the hour of the world, and by the hour of their own day. */
import type { HeatCell } from "../api/beckon";

export const HOURS = 24;

export interface HeatRow {
  utcHour: number;
  endpoints: number;
  /** One per local hour; `strength` is from 0 to 1, 1 where most people are. */
  cells: { localHour: number; endpoints: number; strength: number }[];
}

/** The hours of the world in which anybody is reached, in the order in which they come after `first`. */
export function heatRows(cells: HeatCell[], first = 0): HeatRow[] {
  const rows = new Map<number, number[]>();
  for (const { utcHour, localHour, endpoints } of cells) {
    if (endpoints <= 0 || localHour < 0 || localHour >= HOURS) continue;
    const row = rows.get(utcHour) ?? Array.from({ length: HOURS }, () => 0);
    row[localHour] = (row[localHour] ?? 0) + endpoints;
    rows.set(utcHour, row);
  }
  const most = Math.max(1, ...[...rows.values()].flat());
  return [...rows]
    .sort(([a], [b]) => ((a - first + HOURS) % HOURS) - ((b - first + HOURS) % HOURS))
    .map(([utcHour, row]) => ({
      utcHour,
      endpoints: row.reduce((sum, value) => sum + value, 0),
      cells: row.map((endpoints, localHour) => ({ localHour, endpoints, strength: endpoints / most })),
    }));
}

function minutes(clock: string): number {
  const [hour = 0, minute = 0] = clock.split(":").map(Number);
  return hour * 60 + minute;
}

/** Whether any minute of a local hour lies in the quiet time, which includes both its ends and may cross midnight. */
export function isQuietHour(hour: number, quiet: { Start?: string; End?: string } | undefined): boolean {
  if (quiet?.Start === undefined || quiet.End === undefined) return false;
  const start = minutes(quiet.Start);
  const end = minutes(quiet.End);
  const from = hour * 60;
  const to = from + 59;
  return start <= end ? from <= end && to >= start : to >= start || from <= end;
}
