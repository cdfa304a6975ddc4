/** Chooses how many days back a chart looks. */
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import { dayBefore } from "../format/time";

const choices = [7, 14, 30, 90];

export function PeriodSelect({ days, onChange }: { days: number; onChange: (days: number) => void }) {
  return (
    <SegmentedControl
      label="Period"
      selectedId={String(days)}
      onChange={({ detail }) => onChange(Number(detail.selectedId))}
      options={choices.map((choice) => ({ id: String(choice), text: `${choice} days` }))}
    />
  );
}

/** The window of the last `days` UTC days, today included, as query parameters. */
export function lastDays(days: number, now: Date): { start: string; end: string } {
  return { start: `${dayBefore(now, days - 1)}T00:00:00.000Z`, end: `${dayBefore(now, 0)}T23:59:59.999Z` };
}
