/** The wizard that makes or changes a campaign: whom, what, when, how far, then go. */
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Wizard from "@cloudscape-design/components/wizard";
import { useState } from "react";
import { errorText } from "../shell/flash";
import { AudienceStep } from "./AudienceStep";
import { BasicsStep } from "./BasicsStep";
import type { Channel } from "./content";
import { ContentStep } from "./ContentStep";
import { audienceProblems, basicsProblems, limitsProblems, messageProblems, timeProblems } from "./draft";
import type { CampaignDraft } from "./draft";
import { LimitsStep } from "./LimitsStep";
import { ReviewStep } from "./ReviewStep";
import type { Problems } from "./schedule";
import { ScheduleStep } from "./ScheduleStep";

interface Props {
  app: string;
  initial: CampaignDraft;
  /** Whether `initial` is stored already and is being changed. */
  editing?: boolean;
  /** Whether the campaign has run. */
  frozen?: boolean;
  unshown?: Channel[];
  submitText: string;
  failedText: string;
  error: unknown;
  pending: boolean;
  onCancel: () => void;
  /** Takes the draft, and the newest dry run of it. */
  onSubmit: (draft: CampaignDraft, dryRunId: string | undefined) => void;
}

export function CampaignWizard({ app, initial, editing = false, frozen = false, unshown = [], ...props }: Props) {
  const [draft, setDraft] = useState(initial);
  const [step, setStep] = useState(0);
  const [tried, setTried] = useState(false);
  const [dryRunId, setDryRunId] = useState<string>();
  const checks: (() => Problems)[] = [
    () => basicsProblems(draft),
    () => audienceProblems(draft),
    () => messageProblems(draft),
    () => timeProblems(draft, new Date(), editing ? initial : undefined),
    () => limitsProblems(draft),
  ];
  const problemsOf = (index: number) => checks[index]?.() ?? {};
  const shown = tried ? problemsOf(step) : {};
  const stepProps = { app, draft, problems: shown, frozen, onChange: setDraft };
  const go = (wanted: number) => {
    // Going forward, every step on the way must be complete.
    for (let index = step; index < wanted; index += 1) {
      if (Object.keys(problemsOf(index)).length > 0) {
        setStep(index);
        setTried(true);
        return;
      }
    }
    setTried(false);
    setStep(wanted);
  };
  const submit = () => {
    const broken = checks.findIndex((check) => Object.keys(check()).length > 0);
    if (broken < 0) props.onSubmit(draft, dryRunId);
    else {
      setStep(broken);
      setTried(true);
    }
  };
  return (
    <Wizard
      activeStepIndex={step}
      onNavigate={({ detail }) => go(detail.requestedStepIndex)}
      onCancel={props.onCancel}
      onSubmit={submit}
      isLoadingNextStep={props.pending}
      submitButtonText={props.submitText}
      i18nStrings={{
        stepNumberLabel: (number) => `Step ${number}`,
        collapsedStepsLabel: (number, all) => `Step ${number} of ${all}`,
        navigationAriaLabel: "Steps",
        cancelButton: "Cancel",
        previousButton: "Previous",
        nextButton: "Next",
        optional: "optional",
      }}
      steps={[
        { title: "Name and channel", content: <BasicsStep {...stepProps} unshown={unshown} settled={editing} /> },
        { title: "Audience", content: <AudienceStep {...stepProps} /> },
        { title: "Message", content: <ContentStep {...stepProps} /> },
        { title: "Schedule", content: <ScheduleStep {...stepProps} /> },
        { title: "Limits and safety", isOptional: true, content: <LimitsStep {...stepProps} /> },
        {
          title: editing ? "Review and save" : "Review and launch",
          content: (
            <SpaceBetween size="l">
              {props.error !== null && props.error !== undefined && (
                <Alert type="error" header={props.failedText}>
                  {errorText(props.error)}
                </Alert>
              )}
              <ReviewStep {...stepProps} dryRun={editing ? undefined : { id: dryRunId, onStarted: setDryRunId }} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}
