/** Lines over days or hours. */
import Box from "@cloudscape-design/components/box";
import MixedLineBarChart from "@cloudscape-design/components/mixed-line-bar-chart";
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

/** Up to this many points stand side by side, each under its own name; more share an axis of time. */
const NAMED_MAX = 12;

interface LinesProps<X extends Date | string> extends Props {
  scale: "time" | "categorical";
  places: X[];
  domain: X[];
  nameOf: (place: X) => string;
}

function Lines<X extends Date | string>(props: LinesProps<X>) {
  const { label, series, scale, places, domain, nameOf, format = count, height = 220, emptyText } = props;
  const lines = series.map(({ title, values }) => ({
    title,
    // A line of one point cannot be seen.
    type: places.length === 1 ? ("bar" as const) : ("line" as const),
    valueFormatter: format,
    data: places.flatMap((x, index) => {
      const y = values[index];
      return y === null || y === undefined ? [] : [{ x, y }];
    }),
  }));
  const highest = Math.max(0, ...lines.flatMap(({ data }) => data.map(({ y }) => y)));
  // The component's types tell its two kinds of axis apart only where X is known.
  return (
    <MixedLineBarChart<X>
      series={highest === 0 ? [] : (lines as never)}
      xScaleType={scale}
      xDomain={domain}
      yDomain={[0, highest === 0 ? 1 : highest * 1.1]}
      height={height}
      hideFilter
      hideLegend={series.length < 2}
      ariaLabel={label}
      i18nStrings={{
        xTickFormatter: nameOf,
        yTickFormatter: (value) => (format === count ? compact(value) : format(value)),
        detailPopoverDismissAriaLabel: "Close",
        legendAriaLabel: "Legend",
        chartAriaRoleDescription: places.length === 1 ? "bar chart" : "line chart",
      }}
      detailPopoverSeriesContent={({ series: one, y }) => ({ key: one.title, value: format(y) })}
      empty={
        <Box textAlign="center" color="text-body-secondary">
          {emptyText ?? "Nothing was recorded in this period."}
        </Box>
      }
    />
  );
}

export function TimeChart(props: Props) {
  const dates = props.times.map((time) => new Date(time));
  const nameOf = props.step === "hour" ? hourMinute : utcDay;
  const [first] = dates;
  const last = dates.at(-1);
  if (first === undefined || last === undefined || dates.length <= NAMED_MAX) {
    const names = dates.map(nameOf);
    return <Lines {...props} scale="categorical" places={names} domain={names} nameOf={(name) => name} />;
  }
  return <Lines {...props} scale="time" places={dates} domain={[first, last]} nameOf={nameOf} />;
}
