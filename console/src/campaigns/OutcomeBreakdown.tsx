/** Planned = sent + skipped + failed + in doubt + remaining: as figures, as a bar, and by reason. */
import Button from "@cloudscape-design/components/button";
import Table from "@cloudscape-design/components/table";
import { Figures } from "../components/Figures";
import { count, percent, share } from "../format/numbers";
import { groupColours, groupSums, groupTexts, outcomeRows, outcomeText } from "./outcomes";
import type { OutcomeGroup, OutcomeRow } from "./outcomes";
import { ShareBar } from "./ShareBar";

interface Props {
  planned: number;
  outcomes: Record<string, number>;
}

const groups: OutcomeGroup[] = ["sent", "skipped", "failed", "inDoubt"];

function remaining({ planned, outcomes }: Props): number {
  const decided = Object.values(outcomes).reduce((sum, value) => sum + value, 0);
  return Math.max(0, planned - decided);
}

export function OutcomeFigures(props: Props) {
  const sums = groupSums(props.outcomes);
  const part = (value: number) => (props.planned === 0 ? undefined : percent(value / props.planned));
  const rest = remaining(props);
  return (
    <Figures
      figures={[
        { label: "Planned", value: count(props.planned) },
        ...groups.map((group) => ({ label: groupTexts[group], value: count(sums[group]), note: part(sums[group]) })),
        { label: "Remaining", value: count(rest), note: part(rest) },
      ]}
    />
  );
}

export function OutcomeBar(props: Props) {
  const sums = groupSums(props.outcomes);
  const rest = remaining(props);
  const parts = [
    ...groups.map((group) => ({ label: groupTexts[group], amount: sums[group], colour: groupColours[group] })),
    { label: "Remaining", amount: rest, quiet: true },
  ];
  return <ShareBar label="Outcomes" parts={parts.map((part) => ({ ...part, percent: share(part.amount, props.planned) }))} />;
}

export function OutcomeTable({ planned, outcomes, onOutcome }: Props & { onOutcome?: (outcome: string) => void }) {
  return (
    <Table<OutcomeRow>
      variant="embedded"
      ariaLabels={{ tableLabel: "Outcomes" }}
      wrapLines
      items={outcomeRows(outcomes)}
      trackBy="outcome"
      columnDefinitions={[
        {
          id: "group",
          header: "What",
          minWidth: 110,
          cell: ({ group }) => (
            <>
              <span className="share-swatch" style={{ background: groupColours[group] }} aria-hidden="true" />
              {groupTexts[group]}
            </>
          ),
        },
        { id: "outcome", header: "Why", isRowHeader: true, minWidth: 130, cell: ({ outcome }) => outcomeText(outcome) },
        { id: "people", header: "People", minWidth: 80, cell: ({ people }) => count(people) },
        { id: "share", header: "Of planned", minWidth: 100, cell: ({ people }) => percent(planned === 0 ? null : people / planned) },
        ...(onOutcome === undefined
          ? []
          : [
              {
                id: "list",
                header: "List",
                minWidth: 100,
                cell: ({ outcome }: OutcomeRow) => (
                  <Button variant="inline-link" ariaLabel={`Show who: ${outcomeText(outcome)}`} onClick={() => onOutcome(outcome)}>
                    Show who
                  </Button>
                ),
              },
            ]),
      ]}
      empty="Nothing has been decided yet."
    />
  );
}
