/** What each treatment changed, against the people who got nothing. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { Lift } from "../../api/beckon";
import { LiftView } from "../../campaigns/lift/LiftView";
import { treatmentName } from "../../campaigns/treatmentName";
import { LoadError, Loading } from "../../components/waiting";
import { dayEnd, dayStart } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";

const RELOAD_MS = 10_000;

/** Before and after all runs: an end that is left open says nothing about where the other one lies. */
const EVER = { start: "1970-01-01T00:00:00.000Z", end: "2999-12-31T23:59:59.999Z" };

interface Days {
  from: string;
  to: string;
}

const always: Days = { from: "", to: "" };

function Range({ days, onChange }: { days: Days; onChange: (days: Days) => void }) {
  const picker = (label: string, value: string, set: (value: string) => void) => (
    <FormField label={label} constraintText="YYYY/MM/DD">
      <DatePicker
        value={value}
        placeholder="YYYY/MM/DD"
        openCalendarAriaLabel={(selected) => `Choose a date${selected === null ? "" : `, ${selected} is chosen`}`}
        onChange={({ detail }) => set(detail.value)}
      />
    </FormField>
  );
  return (
    <Container
      header={
        <Header
          variant="h2"
          description="Leave both empty for all of them."
          actions={
            <Button disabled={days.from === "" && days.to === ""} onClick={() => onChange(always)}>
              All runs
            </Button>
          }
        >
          Runs that began
        </Header>
      }
    >
      <div className="treatment-fields">
        {picker("From", days.from, (from) => onChange({ ...days, from }))}
        {picker("Until", days.to, (to) => onChange({ ...days, to }))}
      </div>
    </Container>
  );
}

export function Comparison({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const [days, setDays] = useState(always);
  const start = dayStart(days.from);
  const end = dayEnd(days.to);
  const backwards = start !== undefined && end !== undefined && end < start;
  const narrowed = start !== undefined || end !== undefined;
  const query = narrowed ? { start: start ?? EVER.start, end: end ?? EVER.end } : {};
  const lift = useQuery({
    queryKey: ["campaign-analytics", app, campaign.Id, "lift", start, end],
    queryFn: ({ signal }) => beckon<Lift>(`/apps/${app}/campaigns/${campaign.Id}/lift`, { query, signal }),
    enabled: !backwards,
    placeholderData: keepPreviousData,
    refetchInterval: RELOAD_MS,
  });
  return (
    <SpaceBetween size="l">
      <Range days={days} onChange={setDays} />
      {backwards ? (
        <Alert type="error">The last day lies before the first.</Alert>
      ) : lift.isError ? (
        <LoadError error={lift.error} retry={() => void lift.refetch()} />
      ) : lift.data === undefined ? (
        <Loading />
      ) : (
        <LiftView lift={lift.data} nameOf={(id) => treatmentName(campaign, id)} />
      )}
    </SpaceBetween>
  );
}
