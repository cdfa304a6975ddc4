/** How far a sweep through everyone's own time has got: each zone with its turn. */
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { SweptZone } from "../../api/beckon";
import { ListTable } from "../../components/ListTable";
import { count, plural, share } from "../../format/numbers";
import { instant } from "../../format/time";

function ZoneState({ zone, now }: { zone: SweptZone; now: number }) {
  if (zone.over) return <StatusIndicator type="stopped">After the end</StatusIndicator>;
  if (zone.done) return <StatusIndicator type="success">Done</StatusIndicator>;
  if (Date.parse(zone.fires) <= now) return <StatusIndicator type="in-progress">Being sent</StatusIndicator>;
  return <StatusIndicator type="pending">Waits</StatusIndicator>;
}

/** `now` is when `zones` were told. */
export function Zones({ zones, now }: { zones: SweptZone[]; now: number }) {
  if (zones.length === 0) return null;
  const done = zones.filter((zone) => zone.done).length;
  const next = zones.find((zone) => !zone.done && !zone.over && Date.parse(zone.fires) > now);
  return (
    <SpaceBetween size="s">
      <ProgressBar
        label="Time zones"
        ariaLabel="Time zones"
        value={share(done, zones.length)}
        description={`${count(done)} of ${plural(zones.length, "time zone")} done`}
        additionalInfo={next === undefined ? undefined : `Next: ${next.zone}, ${instant(next.fires)}, ${plural(next.endpoints, "endpoint")}`}
      />
      <ExpandableSection headerText="Each time zone" defaultExpanded={zones.length <= 5}>
        <ListTable
          title="Time zones"
          headerVariant="h3"
          variant="embedded"
          items={zones}
          trackBy={({ zone }) => zone}
          textOf={({ zone }) => zone}
          filterLabel="Find a time zone"
          pageSize={10}
          sortingColumn="fires"
          columns={[
            { id: "zone", header: "Time zone", sortingField: "zone", isRowHeader: true, minWidth: 150, cell: ({ zone }) => zone },
            { id: "endpoints", header: "Endpoints", sortingField: "endpoints", minWidth: 120, cell: ({ endpoints }) => count(endpoints) },
            { id: "fires", header: "Its turn, here", sortingField: "fires", minWidth: 150, cell: ({ fires }) => instant(fires) },
            { id: "state", header: "State", minWidth: 110, cell: (zone) => <ZoneState zone={zone} now={now} /> },
          ]}
          empty={{ title: "No time zones" }}
        />
      </ExpandableSection>
    </SpaceBetween>
  );
}
