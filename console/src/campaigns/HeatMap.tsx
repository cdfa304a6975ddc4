/** When people are reached, in the hour of their own day: one row per hour of the world. */
import Box from "@cloudscape-design/components/box";
import type { HeatCell } from "../api/beckon";
import { compact, count, plural } from "../format/numbers";
import { heatRows, HOURS, isQuietHour } from "./heat";
import "./heat-map.css";

interface Props {
  cells: HeatCell[];
  /** The hour of the world with which the rows begin. */
  first?: number;
  quiet?: { Start?: string; End?: string };
}

const hours = Array.from({ length: HOURS }, (_, hour) => hour);
const clock = (hour: number) => `${String(hour).padStart(2, "0")}:00`;

/** The faintest cell with anybody in it still shows. */
const FAINTEST = 0.15;

export function HeatMap({ cells, first, quiet }: Props) {
  const rows = heatRows(cells, first);
  if (rows.length === 0) return <Box color="text-body-secondary">Nobody would be reached.</Box>;
  return (
    <figure className="heat-map">
      <table aria-label="People reached by the hour of their own day">
        <thead>
          <tr>
            <th scope="col" className="heat-corner">
              UTC
            </th>
            {hours.map((hour) => (
              <th key={hour} scope="col" className={hour % 6 === 0 ? undefined : "heat-minor"} aria-label={`${clock(hour)} local time`}>
                {hour}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ utcHour, cells: row, endpoints }) => (
            <tr key={utcHour}>
              <th scope="row" aria-label={`${clock(utcHour)} UTC, ${plural(endpoints, "endpoint")}`}>
                {clock(utcHour)}
              </th>
              {row.map(({ localHour, endpoints: many, strength }) => (
                <td
                  key={localHour}
                  className={isQuietHour(localHour, quiet) ? "heat-quiet" : undefined}
                  title={many === 0 ? undefined : `${plural(many, "endpoint")} at ${clock(localHour)} their time, ${clock(utcHour)} UTC`}
                >
                  {many > 0 && (
                    <span style={{ background: `rgba(11, 127, 171, ${FAINTEST + (1 - FAINTEST) * strength})`, color: strength > 0.45 ? "#fff" : "inherit" }}>
                      <span className="heat-number">{compact(many)}</span>
                      <span className="heat-spoken">{count(many)}</span>
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <figcaption>
        <Box color="text-body-secondary" fontSize="body-s">
          Across: the hour of people’s own day. Down: the hour in UTC.{" "}
          {quiet?.Start !== undefined && `Hatched: quiet time from ${quiet.Start} to ${quiet.End ?? ""}, when nothing is sent.`}
        </Box>
      </figcaption>
    </figure>
  );
}
