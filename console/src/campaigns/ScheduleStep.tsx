/** The wizard's schedule step: when the campaign is sent, and each treatment that keeps its own time. */
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { DraftTreatment } from "./draft";
import { kinds, scheduleProblems, toSchedule, triggered } from "./schedule";
import type { Problems, ScheduleDraft, ScheduleKind } from "./schedule";
import { ScheduleFields } from "./ScheduleFields";
import { SchedulePreview } from "./SchedulePreview";
import type { StepProps } from "./steps";

const sendable: ScheduleKind[] = kinds.map(({ value }) => value);
const timed = sendable.filter((kind) => !triggered(kind));

function problemsOf(treatment: number, problems: Problems): Problems {
  const prefix = `treatment.${treatment}.`;
  return Object.fromEntries(
    Object.entries(problems)
      .filter(([field]) => field.startsWith(prefix))
      .map(([field, message]) => [field.slice(prefix.length), message]),
  );
}

/** Whether a preview can be made of what was entered so far. */
function complete(schedule: ScheduleDraft): boolean {
  return !triggered(schedule.kind) && Object.keys(scheduleProblems(schedule, new Date(), false)).length === 0;
}

export function ScheduleStep({ app, draft, problems, frozen, onChange }: StepProps) {
  const inApp = draft.channel === "IN_APP";
  const set = (index: number, schedule: ScheduleDraft | undefined) =>
    onChange({
      ...draft,
      treatments: draft.treatments.map((one, place): DraftTreatment => {
        if (place !== index) return one;
        const { name, share, content } = one;
        return { name, share, content, ...(schedule === undefined ? {} : { schedule }) };
      }),
    });
  const ownTimes = draft.treatments.length > 1 && !triggered(draft.schedule.kind);
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">{inApp ? "When it is shown" : "Schedule"}</Header>}>
        <ScheduleFields
          app={app}
          draft={draft.schedule}
          problems={problems}
          offered={inApp ? ["IN_APP_EVENT"] : sendable}
          frozen={frozen}
          onChange={(schedule) => onChange({ ...draft, schedule })}
        />
      </Container>
      {complete(draft.schedule) && <SchedulePreview app={app} schedule={toSchedule(draft.schedule)} segmentId={draft.segmentId} />}
      {ownTimes &&
        draft.treatments.slice(1).map((treatment, place) => {
          const index = place + 1;
          const own = treatment.schedule;
          return (
            <SpaceBetween key={index} size="l">
              <Container header={<Header variant="h2">Treatment {treatment.name}</Header>}>
                <SpaceBetween size="m">
                  <Checkbox
                    checked={own !== undefined}
                    disabled={frozen}
                    onChange={({ detail }) => set(index, detail.checked ? { ...draft.schedule } : undefined)}
                  >
                    Treatment {treatment.name} is sent at another time
                  </Checkbox>
                  {own !== undefined && (
                    <ScheduleFields
                      app={app}
                      draft={own}
                      problems={problemsOf(index, problems)}
                      offered={timed}
                      frozen={frozen}
                      onChange={(schedule) => set(index, schedule)}
                    />
                  )}
                </SpaceBetween>
              </Container>
              {own !== undefined && complete(own) && (
                <SchedulePreview app={app} schedule={toSchedule(own)} segmentId={draft.segmentId} treatment={treatment.name} />
              )}
            </SpaceBetween>
          );
        })}
    </SpaceBetween>
  );
}
