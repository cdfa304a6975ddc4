/** Lines over days or hours. */
import Box from "@cloudscape-design/components/box";
import LineChart from "@cloudscape-design/components/line-chart";
import { compact, count } from "../format/numbers";
import { hourMinute, utcDay } from "../format/time";

export interface TimeSeries {
  title: string;
  /** One value for each of `times`; `null` leaves a gap. */
  values: (number | null)[];
}

interface Props {
  label: string;
  times: string[];
  series: TimeSeries[];
  step?: "hour" | "day";
  format?: (value: number) => string;
  height?: number;
  emptyText?: string;
}

export function TimeChart({ label, times, series, step = "day", format = count, height = 220, emptyText }: Props) {
  const dates = times.map((time) => new Date(time));
  const data = series.map(({ title, values }) => ({
    title,
    type: "line" as const,
    valueFormatter: format,
    data: dates.flatMap((x, index) => {
      const y = values[index];
      return y === null || y === undefined ? [] : [{ x, y }];
    }),
  }));
  const highest = Math.max(0, ...data.flatMap((one) => one.data.map(({ y }) => y)));
  const nothing = data.every((one) => one.data.length === 0) || highest === 0;
  const first = dates[0];
  const last = dates[dates.length - 1];
  const when = (date: Date) => (step === "hour" ? `${utcDay(date)}, ${hourMinute(date)}` : utcDay(date));
  return (
    <LineChart
      series={nothing ? [] : data}
      xScaleType="time"
      xDomain={first === undefined || last === undefined || first >= last ? undefined : [first, last]}
      yDomain={[0, highest <= 0 ? 1 : highest * 1.1]}
      height={height}
      hideFilter
      hideLegend={series.length < 2}
      ariaLabel={label}
      detailPopoverSize="medium"
      i18nStrings={{
        xTickFormatter: (date: Date) => (step === "hour" ? hourMinute(date) : utcDay(date)),
        yTickFormatter: (value) => (format === count ? compact(value) : format(value)),
        detailPopoverDismissAriaLabel: "Close",
        legendAriaLabel: "Legend",
        chartAriaRoleDescription: "line chart",
      }}
      detailPopoverFooter={undefined}
      detailPopoverSeriesContent={({ series: one, y }) => ({ key: one.title, value: format(y) })}
      empty={
        <Box textAlign="center" color="text-body-secondary">
          {emptyText ?? "Nothing was recorded in this period."}
        </Box>
      }
      xTitle={undefined}
      ariaDescription={first === undefined || last === undefined ? undefined : `From ${when(first)} to ${when(last)}`}
    />
  );
}
