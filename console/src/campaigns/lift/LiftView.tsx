/** Treatments against the holdout, goal by goal, each difference drawn with its interval. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import type { Lift, LiftTreatment } from "../../api/beckon";
import { count, percent } from "../../format/numbers";
import { barOf, goalTitle, intervalOf, liftText, pointsOrNone, scaleOf, verdictOf } from "./intervals";
import type { Scale } from "./intervals";
import "./lift.css";

function IntervalBar({ treatment, scale }: { treatment: LiftTreatment; scale: Scale | undefined }) {
  const interval = intervalOf(treatment);
  if (interval === undefined || scale === undefined) return <Box color="text-body-secondary">Nobody to compare</Box>;
  const bar = barOf(interval, scale);
  return (
    <div className={`interval interval-${bar.verdict}`} aria-hidden="true">
      <span className="interval-zero" style={{ left: `${scale.zero}%` }} />
      <span className="interval-range" style={{ left: `${bar.left}%`, width: `${bar.width}%` }} />
      <span className="interval-point" style={{ left: `${bar.point}%` }} />
    </div>
  );
}

function Verdict({ treatment, goal }: { treatment: LiftTreatment; goal: Lift["goals"][number]["goal"] }) {
  const interval = intervalOf(treatment);
  const verdict = interval === undefined ? "unclear" : verdictOf(interval);
  const type = ({ more: "success", fewer: "warning", unclear: "info" } as const)[verdict];
  const word = ({ more: "More", fewer: "Fewer", unclear: "Not clear" } as const)[verdict];
  return (
    <>
      <StatusIndicator type={type}>{word}</StatusIndicator>
      <Box>{liftText(treatment, goal)}</Box>
    </>
  );
}

function Goal({ lift, goal, nameOf }: { lift: Lift; goal: Lift["goals"][number]; nameOf: (id: string) => string }) {
  const scale = scaleOf(goal.treatments.map(intervalOf).filter((one) => one !== undefined));
  const name = ({ id, name: own }: LiftTreatment) => own ?? nameOf(id);
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={`Holdout: ${count(goal.holdout.reached)} of ${count(goal.holdout.people)} people, ${percent(goal.holdout.rate)}.`}
        >
          {goalTitle(goal.goal)}
        </Header>
      }
    >
      <Table
        variant="embedded"
        ariaLabels={{ tableLabel: goalTitle(goal.goal) }}
        wrapLines
        items={goal.treatments}
        trackBy="id"
        columnDefinitions={[
          { id: "name", header: "Treatment", isRowHeader: true, cell: (treatment) => <Box variant="strong">{name(treatment)}</Box> },
          {
            id: "interval",
            header: `Against the holdout, ${percent(lift.confidence)} sure`,
            minWidth: 160,
            cell: (treatment) => <IntervalBar treatment={treatment} scale={scale} />,
          },
          { id: "words", header: "In words", minWidth: 200, cell: (treatment) => <Verdict treatment={treatment} goal={goal.goal} /> },
          { id: "people", header: "People", cell: ({ people }) => count(people) },
          { id: "rate", header: "Rate", cell: ({ rate }) => percent(rate) },
          { id: "difference", header: "Points", cell: ({ difference }) => pointsOrNone(difference) },
        ]}
      />
    </Container>
  );
}

export function LiftView({ lift, nameOf }: { lift: Lift; nameOf: (id: string) => string }) {
  return (
    <SpaceBetween size="l">
      {lift.holdout.people === 0 && (
        <Alert type="info" header="Nobody is in the holdout">
          Without people who got nothing it cannot be said what the messages changed; the rates can still be compared with each
          other.
        </Alert>
      )}
      {lift.goals.map((goal) => (
        <Goal key={goal.goal} lift={lift} goal={goal} nameOf={nameOf} />
      ))}
    </SpaceBetween>
  );
}
