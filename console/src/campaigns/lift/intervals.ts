/** Places differences with their intervals on one common scale, and says in words what they show. */
import type { GoalName, LiftTreatment } from "../../api/beckon";
import { NONE } from "../../format/numbers";

export interface Interval {
  difference: number;
  low: number;
  high: number;
}

export interface Bar {
  /** Percent of the scale's width. */
  left: number;
  width: number;
  point: number;
  verdict: "more" | "fewer" | "unclear";
}

export interface Scale {
  from: number;
  to: number;
  /** Where no difference lies, in percent of the width. */
  zero: number;
}

/** The part of the scale that stays free at either end. */
const MARGIN = 0.08;

/** A scale on which zero and every interval fit; `undefined` without any. */
export function scaleOf(intervals: Interval[]): Scale | undefined {
  if (intervals.length === 0) return undefined;
  const low = Math.min(0, ...intervals.map((one) => one.low));
  const high = Math.max(0, ...intervals.map((one) => one.high));
  const span = high - low || 1;
  const from = low - span * MARGIN;
  const to = high + span * MARGIN;
  return { from, to, zero: ((0 - from) / (to - from)) * 100 };
}

export function verdictOf({ low, high }: Interval): Bar["verdict"] {
  if (low > 0) return "more";
  return high < 0 ? "fewer" : "unclear";
}

export function barOf(interval: Interval, { from, to }: Scale): Bar {
  const place = (value: number) => ((value - from) / (to - from)) * 100;
  const left = place(interval.low);
  return { left, width: place(interval.high) - left, point: place(interval.difference), verdict: verdictOf(interval) };
}

/** The interval of a treatment; `undefined` where nobody can be compared. */
export function intervalOf({ difference, low, high }: LiftTreatment): Interval | undefined {
  return difference === null || low === null || high === null ? undefined : { difference, low, high };
}

/** A difference of rates in percentage points, with its sign. */
export function points(difference: number): string {
  const rounded = Math.round(difference * 1000) / 10;
  if (rounded === 0) return "0";
  return rounded > 0 ? `+${rounded}` : `−${Math.abs(rounded)}`;
}

const deeds: Record<GoalName, string> = {
  opens: "opened a message",
  sessions: "used the app",
  purchases: "bought something",
};

export function goalTitle(goal: GoalName): string {
  return { opens: "Opens", sessions: "Sessions", purchases: "Purchases" }[goal];
}

/** What the comparison of one treatment shows, as a sentence. */
export function liftText(treatment: LiftTreatment, goal: GoalName): string {
  const interval = intervalOf(treatment);
  if (interval === undefined) return "There is nobody to compare yet.";
  const range = `from ${points(interval.low)} to ${points(interval.high)} points`;
  switch (verdictOf(interval)) {
    case "more":
      return `More people ${deeds[goal]} than in the holdout: ${points(interval.difference)} points, ${range}.`;
    case "fewer":
      return `Fewer people ${deeds[goal]} than in the holdout: ${points(interval.difference)} points, ${range}.`;
    case "unclear":
      return `The difference is not clear: ${range}, so there may be none.`;
  }
}

/** `null` → a dash. */
export function pointsOrNone(difference: number | null): string {
  return difference === null ? NONE : points(difference);
}
