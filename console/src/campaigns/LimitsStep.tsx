/** The wizard's step of bounds: limits, a hook that looks at everyone first, canary and brake. */
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { limitsOf } from "./draft";
import type { HookDraft, LimitsDraft } from "./draft";
import type { SafetyDraft } from "./safety";
import type { StepProps } from "./steps";

export const limitTexts: Record<keyof LimitsDraft, { label: string; description: string }> = {
  perSecond: { label: "Messages per second", description: "Spreads the sending, for a server that is slow or new." },
  daily: { label: "Messages per person and day", description: "Over all campaigns of the project; who reached it is skipped." },
  total: { label: "Messages per person in this campaign", description: "Over all its runs." },
  duration: { label: "Longest duration in seconds", description: "Who was not reached by then is skipped." },
  session: { label: "Messages per session", description: "How often the app shows the message in one session." },
};

interface NumberProps {
  label: string;
  description?: string;
  placeholder?: string;
  value: string;
  problem?: string;
  onChange: (value: string) => void;
}

function NumberField({ label, description, placeholder = "No limit", value, problem, onChange }: NumberProps) {
  return (
    <FormField label={label} description={description} errorText={problem}>
      <Input type="number" inputMode="decimal" placeholder={placeholder} value={value} onChange={({ detail }) => onChange(detail.value)} />
    </FormField>
  );
}

function Limits({ draft, problems, onChange }: StepProps) {
  return (
    <Container header={<Header variant="h2" description="All are optional.">Limits</Header>}>
      <SpaceBetween size="m">
        {limitsOf(draft.channel).map((field) => (
          <NumberField
            key={field}
            {...limitTexts[field]}
            problem={problems[field]}
            value={draft.limits[field]}
            onChange={(value) => onChange({ ...draft, limits: { ...draft.limits, [field]: value } })}
          />
        ))}
        {draft.channel === "IN_APP" && (
          <NumberField
            label="Priority"
            description="When several messages fit, the one with the smallest number is shown."
            placeholder="Last"
            value={draft.priority}
            problem={problems.priority}
            onChange={(priority) => onChange({ ...draft, priority })}
          />
        )}
      </SpaceBetween>
    </Container>
  );
}

function Hook({ draft, problems, onChange }: StepProps) {
  const { hook } = draft;
  return (
    <Container header={<Header variant="h2" description="A function or a web address of yours that sees everyone before they are sent anything; it can leave people out and change what they get.">Hook</Header>}>
      <SpaceBetween size="m">
        <RadioGroup
          ariaLabel="Hook"
          value={hook.kind}
          onChange={({ detail }) => onChange({ ...draft, hook: { ...hook, kind: detail.value as HookDraft["kind"] } })}
          items={[
            { value: "none", label: "No hook" },
            { value: "url", label: "A web address" },
            { value: "function", label: "A function" },
          ]}
        />
        {hook.kind !== "none" && (
          <FormField label={hook.kind === "url" ? "Hook address" : "Function name or ARN"} errorText={problems.hook} stretch>
            <Input value={hook.target} onChange={({ detail }) => onChange({ ...draft, hook: { ...hook, target: detail.value } })} />
          </FormField>
        )}
      </SpaceBetween>
    </Container>
  );
}

function SafetyFields({ draft, problems, onChange }: { draft: SafetyDraft; problems: StepProps["problems"]; onChange: (draft: SafetyDraft) => void }) {
  const number = (field: Exclude<keyof SafetyDraft, "resendInDoubt">, label: string, description: string, placeholder = "Off") => (
    <NumberField
      label={label}
      description={description}
      placeholder={placeholder}
      value={draft[field]}
      problem={problems[field]}
      onChange={(value) => onChange({ ...draft, [field]: value })}
    />
  );
  return (
    <SpaceBetween size="m">
      <div className="treatment-fields">
        {number("canaryPercent", "Canary (percent)", "So many people go first; the others wait.")}
        {draft.canaryPercent.trim() !== "" && number("holdMinutes", "Then wait (minutes)", "You can let the others go earlier; 0 waits until you do.", "0")}
      </div>
      <div className="treatment-fields">
        {number("hardBounce", "Stop at bounces (percent)", "Hard ones, of all sent.")}
        {number("complaint", "Stop at complaints (percent)", "Of all sent.")}
        {number("providerError", "Stop at failures (percent)", "Of all handed over.")}
        {number("minimum", "Not before (messages)", "Fewer say too little.", "100")}
      </div>
      <Checkbox
        checked={draft.resendInDoubt}
        description="If the server dies between handing a message over and noting the answer, somebody may get it twice instead of perhaps not at all."
        onChange={({ detail }) => onChange({ ...draft, resendInDoubt: detail.checked })}
      >
        Send again when it is in doubt whether a message left
      </Checkbox>
    </SpaceBetween>
  );
}

export function LimitsStep(props: StepProps) {
  const { draft, problems, onChange } = props;
  return (
    <SpaceBetween size="l">
      <Limits {...props} />
      {draft.channel !== "IN_APP" && <Hook {...props} />}
      {draft.channel !== "IN_APP" && (
        <Container header={<Header variant="h2" description="Try it on a few first, and stop by itself when something goes wrong.">Canary and brake</Header>}>
          <SafetyFields draft={draft.safety} problems={problems} onChange={(safety) => onChange({ ...draft, safety })} />
        </Container>
      )}
    </SpaceBetween>
  );
}
