/** Why a campaign reaches somebody or does not: each rule in the order in which it is asked. */
import Alert from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { StatusIndicatorProps } from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { ExplainedPerson, ExplainStep, Explanation as Answer } from "../../api/beckon";
import { LoadError, Loading } from "../../components/waiting";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { outcomeGroup, outcomeText } from "../outcomes";
import { OtherMoment } from "./OtherMoment";
import { inputName, ruleTitle, stepText } from "./rules";
import "./explanation.css";

export interface Asked {
  by: "endpoint" | "user";
  id: string;
}

/** `{"Start":"22:00"}` → `Start 22:00`: a value of any shape as text. */
function valueText(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (typeof value === "string") return value === "" ? "empty" : value;
  if (Array.isArray(value)) return value.length === 0 ? "none" : value.map(valueText).join(", ");
  if (typeof value === "object") {
    return Object.entries(value)
      .map(([name, part]) => `${name} ${valueText(part)}`)
      .join(", ");
  }
  return JSON.stringify(value);
}

function verdictOf({ passed }: ExplainStep): { type: StatusIndicatorProps.Type; label: string } {
  if (passed === null) return { type: "info", label: "Not asked" };
  return passed ? { type: "success", label: "Passed" } : { type: "error", label: "Stopped" };
}

function Step({ step, treatment }: { step: ExplainStep; treatment: string | undefined }) {
  const inputs = Object.entries(step.inputs);
  const { type, label } = verdictOf(step);
  return (
    <li>
      <StatusIndicator type={type} iconAriaLabel={label}>
        <b>{ruleTitle(step.rule)}</b>
      </StatusIndicator>
      <Box>{stepText(step, { treatment })}</Box>
      {inputs.length > 0 && (
        <ExpandableSection variant="inline" headerText="What it looked at" defaultExpanded={step.passed === false}>
          <dl className="explain-inputs">
            {inputs.map(([name, value]) => (
              <div key={name}>
                <dt>{inputName(name)}</dt>
                <dd className="mono">{valueText(value)}</dd>
              </div>
            ))}
          </dl>
        </ExpandableSection>
      )}
    </li>
  );
}

function Person({ app, person, treatmentName }: { app: string; person: ExplainedPerson; treatmentName: (id: string) => string }) {
  const group = outcomeGroup(person.verdict);
  const treatment = person.treatmentId === undefined ? undefined : treatmentName(person.treatmentId);
  return (
    <SpaceBetween size="m">
      <SpaceBetween size="xs">
        <Box>
          <Link href={paths.endpoint(app, person.endpointId)}>{person.endpointId}</Link>
          {person.userId !== undefined && <> · {person.userId}</>}
        </Box>
        <Box fontSize="heading-m" fontWeight="bold">
          <StatusIndicator type={group === "sent" ? "success" : group === "skipped" ? "stopped" : "error"}>
            {person.verdict === "SEND" ? "Would be sent the message" : outcomeText(person.verdict)}
          </StatusIndicator>
        </Box>
        <SpaceBetween direction="horizontal" size="xs">
          {treatment !== undefined && <Badge color="blue">{treatment}</Badge>}
          {person.due !== undefined && <Box color="text-body-secondary">due {instant(person.due)}</Box>}
        </SpaceBetween>
      </SpaceBetween>
      <ol className="explain-steps" aria-label="Rules">
        {person.steps.map((step, index) => (
          <Step key={`${index} ${step.rule}`} step={step} treatment={treatment} />
        ))}
      </ol>
      <Table
        variant="embedded"
        header={<Box variant="h3">What happened so far</Box>}
        ariaLabels={{ tableLabel: "What happened so far" }}
        wrapLines
        items={person.history}
        trackBy={({ runId, outcome }) => `${runId} ${outcome}`}
        columnDefinitions={[
          { id: "at", header: "When", cell: ({ at }) => instant(at) },
          { id: "outcome", header: "Outcome", isRowHeader: true, cell: ({ outcome }) => outcomeText(outcome) },
        ]}
        empty="Nothing: no run has decided about this endpoint."
      />
    </SpaceBetween>
  );
}

interface Props {
  app: string;
  campaignId: string;
  asked: Asked;
  treatmentName: (id: string) => string;
}

export function Explanation({ app, campaignId, asked, treatmentName }: Props) {
  const [wanted, setWanted] = useState<Date>();
  return (
    <SpaceBetween size="l">
      <OtherMoment onAsk={setWanted} />
      <Answered app={app} campaignId={campaignId} asked={asked} treatmentName={treatmentName} at={wanted} />
    </SpaceBetween>
  );
}

function Answered({ app, campaignId, asked, treatmentName, at: wanted }: Props & { at: Date | undefined }) {
  const answer = useQuery({
    queryKey: ["explain", app, campaignId, asked, wanted?.toISOString()],
    queryFn: ({ signal }) =>
      beckon<Answer>(`/apps/${app}/campaigns/${campaignId}/explain`, { query: { [asked.by]: asked.id, at: wanted?.toISOString() }, signal }),
    staleTime: 0,
  });
  if (answer.isError) return <LoadError error={answer.error} retry={() => void answer.refetch()} />;
  if (answer.data === undefined) return <Loading label="Asking every rule" />;
  const { at, past, people } = answer.data;
  return (
    <SpaceBetween size="l">
      <Box color="text-body-secondary">
        {past ? `As of ${instant(at)}, with the endpoint as it is today.` : `As things stand ${instant(at)}.`}
      </Box>
      {people.length === 0 && <Alert type="info">Nobody with this ID is known to the campaign.</Alert>}
      {people.map((person) => (
        <Person key={person.endpointId} app={app} person={person} treatmentName={treatmentName} />
      ))}
    </SpaceBetween>
  );
}
