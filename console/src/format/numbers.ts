/** Numbers as people read them. */

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 });

/** Stands where there is nothing to show. */
export const NONE = "–";

/** `1234567` → `1,234,567`. */
export function count(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : whole.format(value);
}

/** `1234567` → `1.2M`; for axes. */
export function compact(value: number): string {
  return short.format(value);
}

/** `0.1234` → `12.3%`; whole percents and exact bounds carry no fraction. */
export function percent(ratio: number | null | undefined): string {
  if (ratio === null || ratio === undefined || Number.isNaN(ratio)) return NONE;
  const value = ratio * 100;
  const rounded = Math.round(value * 10) / 10;
  return `${Number.isInteger(rounded) ? rounded.toFixed(0) : rounded.toFixed(1)}%`;
}

/** `2.345` → `2.35`. */
export function decimal(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : String(Math.round(value * 100) / 100);
}

/** A difference with its sign: `+1.5`, `-0.2`, `0`. */
export function signed(value: number): string {
  const rounded = Math.round(value * 10) / 10;
  return rounded > 0 ? `+${rounded}` : String(rounded === 0 ? 0 : rounded);
}

/** `1536` → `1.5 KB`. */
export function bytes(value: number): string {
  const units = ["B", "KB", "MB", "GB", "TB"];
  let size = value;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit] ?? ""}`;
}

/** `1, "endpoint"` → `1 endpoint`; `2` → `2 endpoints`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** `1` → `1 person`; `2` → `2 people`. */
export function people(value: number): string {
  return `${count(value)} ${value === 1 ? "person" : "people"}`;
}

/** `part` of `whole` as a percentage from 0 to 100, for progress bars. */
export function share(part: number, all: number): number {
  return all <= 0 ? 0 : Math.min(100, (part / all) * 100);
}
