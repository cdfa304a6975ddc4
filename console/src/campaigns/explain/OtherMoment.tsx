/** Asks for an explanation as of another moment than now. */
import Button from "@cloudscape-design/components/button";
import DateInput from "@cloudscape-design/components/date-input";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TimeInput from "@cloudscape-design/components/time-input";
import { useState } from "react";
import { Actions } from "../../components/Page";

/** The moment at which the reader's own clock shows this. */
function momentOf(date: string, time: string): Date | undefined {
  const at = new Date(`${date}T${time}`);
  return time.length < 5 || Number.isNaN(at.getTime()) ? undefined : at;
}

export function OtherMoment({ onAsk }: { onAsk: (at: Date | undefined) => void }) {
  const [date, setDate] = useState("");
  const [time, setTime] = useState("");
  const at = momentOf(date, time);
  const forget = () => {
    setDate("");
    setTime("");
    onAsk(undefined);
  };
  return (
    <ExpandableSection variant="inline" headerText="Ask about another moment">
      <SpaceBetween size="s">
        <div className="explain-moment">
          <FormField label="On" constraintText="YYYY/MM/DD">
            <DateInput value={date} placeholder="YYYY/MM/DD" onChange={({ detail }) => setDate(detail.value)} />
          </FormField>
          <FormField label="At" constraintText="24 hours, HH:MM">
            <TimeInput format="hh:mm" placeholder="hh:mm" value={time} onChange={({ detail }) => setTime(detail.value)} />
          </FormField>
        </div>
        <Actions>
          <Button disabled={at === undefined} onClick={() => onAsk(at)}>
            Ask for then
          </Button>
          <Button variant="link" onClick={forget}>
            As of now
          </Button>
        </Actions>
      </SpaceBetween>
    </ExpandableSection>
  );
}
