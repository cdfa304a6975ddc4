/** The fields of one schedule: rhythm, start, end, quiet time, and what it waits for. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Checkbox from "@cloudscape-design/components/checkbox";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TimeInput from "@cloudscape-design/components/time-input";
import { instant } from "../format/time";
import { EventFilterFields } from "./EventFilterFields";
import { kinds, mayEnd, startOf, sweeps, triggered, zoneLabels } from "./schedule";
import type { Problems, ScheduleDraft, ScheduleKind } from "./schedule";

interface Props {
  app: string;
  draft: ScheduleDraft;
  problems: Problems;
  /** The rhythms to choose from. */
  offered: ScheduleKind[];
  /** Whether the rhythm can no longer change. */
  frozen: boolean;
  onChange: (draft: ScheduleDraft) => void;
}

interface MomentProps {
  label: string;
  date: string;
  time: string;
  onDate: (date: string) => void;
  onTime: (time: string) => void;
}

function Moment({ label, date, time, onDate, onTime }: MomentProps) {
  return (
    <>
      <FormField label={`${label} date`} constraintText="YYYY/MM/DD">
        <DatePicker
          value={date}
          onChange={({ detail }) => onDate(detail.value)}
          openCalendarAriaLabel={(selected) => `Choose a date${selected === null ? "" : `, ${selected} is chosen`}`}
        />
      </FormField>
      <FormField label={`${label} time`} constraintText="24 hours, HH:MM">
        <TimeInput format="hh:mm" placeholder="hh:mm" value={time} onChange={({ detail }) => onTime(detail.value)} />
      </FormField>
    </>
  );
}

const zones = zoneLabels.map((value) => ({ value, label: value }));

export function ScheduleFields({ app, draft, problems, offered, frozen, onChange }: Props) {
  const set = (part: Partial<ScheduleDraft>) => onChange({ ...draft, ...part });
  const start = startOf(draft);
  const timed = draft.kind !== "IMMEDIATE";
  return (
    <SpaceBetween size="m">
      {offered.length > 1 && (
        <FormField label="When it is sent">
          <RadioGroup
            value={draft.kind}
            onChange={({ detail }) => set({ kind: detail.value as ScheduleKind })}
            items={kinds.filter(({ value }) => offered.includes(value)).map((kind) => ({ ...kind, disabled: frozen }))}
          />
        </FormField>
      )}
      {triggered(draft.kind) && (
        <EventFilterFields
          app={app}
          filter={draft.filter}
          onlyEndpoints={draft.kind === "IN_APP_EVENT"}
          problem={problems.filter}
          onChange={(filter) => set({ filter })}
        />
      )}
      {timed && (
        <SpaceBetween size="m">
          <div className="treatment-fields">
            <Moment label="Start" date={draft.date} time={draft.time} onDate={(date) => set({ date })} onTime={(time) => set({ time })} />
            <FormField label="Clock" description="A fixed offset, without summer time.">
              <Select
                selectedOption={{ value: draft.zone, label: draft.zone }}
                options={zones}
                filteringType="auto"
                onChange={({ detail }) => set({ zone: detail.selectedOption.value ?? draft.zone })}
              />
            </FormField>
          </div>
          {problems.start !== undefined && <Alert type="error">{problems.start}</Alert>}
          {start !== undefined && problems.start === undefined && (
            <Box color="text-body-secondary">
              That is {instant(start.toISOString())} here, {start.toISOString().slice(0, 16).replace("T", " ")} UTC.
            </Box>
          )}
        </SpaceBetween>
      )}
      {sweeps(draft.kind) && (
        <Checkbox
          checked={draft.localTime}
          description="Each person is reached when their own clock shows this time. People without a time zone are skipped."
          onChange={({ detail }) => set({ localTime: detail.checked })}
        >
          In everyone’s own time
        </Checkbox>
      )}
      {mayEnd(draft.kind) && (
        <SpaceBetween size="m">
          <div className="treatment-fields">
            <Moment label="End" date={draft.endDate} time={draft.endTime} onDate={(endDate) => set({ endDate })} onTime={(endTime) => set({ endTime })} />
          </div>
          {problems.end === undefined ? (
            <Box color="text-body-secondary">
              {draft.kind === "IN_APP_EVENT" ? "The message is shown until then." : "Leave it empty to go on until you stop it."}
            </Box>
          ) : (
            <Alert type="error">{problems.end}</Alert>
          )}
        </SpaceBetween>
      )}
      <SpaceBetween size="m">
        <div className="treatment-fields">
          <FormField label="Quiet from" constraintText="24 hours, HH:MM">
            <TimeInput format="hh:mm" placeholder="hh:mm" value={draft.quietStart} onChange={({ detail }) => set({ quietStart: detail.value })} />
          </FormField>
          <FormField label="Quiet until" constraintText="24 hours, HH:MM">
            <TimeInput format="hh:mm" placeholder="hh:mm" value={draft.quietEnd} onChange={({ detail }) => set({ quietEnd: detail.value })} />
          </FormField>
        </div>
        {problems.quiet === undefined ? (
          <Box color="text-body-secondary">
            In these hours of their own day people get nothing, not even later. Leave both empty for the project’s quiet time.
          </Box>
        ) : (
          <Alert type="error">{problems.quiet}</Alert>
        )}
      </SpaceBetween>
    </SpaceBetween>
  );
}
