/** How many people a segment holds, and how many of them can be reached on each channel. */
import Box from "@cloudscape-design/components/box";
import { Figures } from "../components/Figures";
import { channelName } from "../format/channels";
import { count, percent } from "../format/numbers";
import type { SegmentSize } from "../api/beckon";

export function SizeFigures({ size, all }: { size: SegmentSize; all?: number }) {
  const share = all === undefined || all === 0 ? undefined : `${percent(size.endpoints / all)} of all`;
  const channels = Object.entries(size.targetable);
  return (
    <Figures
      figures={[
        { label: "Endpoints", value: <span data-testid="segment-size">{count(size.endpoints)}</span>, note: share },
        ...channels.map(([channel, value]) => ({
          label: `Reachable by ${channelName(channel)}`,
          value: count(value),
          note: size.endpoints === 0 ? undefined : percent(value / size.endpoints),
        })),
      ]}
    />
  );
}

/** How long the server took, as a footnote. */
export function EvaluationTime({ size }: { size: SegmentSize }) {
  const ms = size.evaluationMs;
  return (
    <Box color="text-body-secondary" fontSize="body-s">
      Exact, evaluated in {ms < 1 ? "under 1" : Math.round(ms)} ms
    </Box>
  );
}
