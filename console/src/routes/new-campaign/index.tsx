/** The wizard that makes a campaign: whom, what, when, how fast, then launch. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import DatePicker from "@cloudscape-design/components/date-picker";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import TimeInput from "@cloudscape-design/components/time-input";
import Wizard from "@cloudscape-design/components/wizard";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { pinpoint } from "../../api/client";
import { useEmailChannel, useSegments, useSegmentSize } from "../../api/queries";
import { ContentStep } from "../../campaigns/ContentStep";
import * as campaign from "../../campaigns/draft";
import type { CampaignDraft, Content, Problems } from "../../campaigns/draft";
import { Loading, LoadError } from "../../components/waiting";
import { count, plural } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { EvaluationTime, SizeFigures } from "../../segments/SizeFigures";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText, useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

interface StepProps {
  app: string;
  draft: CampaignDraft;
  problems: Problems;
  onChange: (draft: CampaignDraft) => void;
}

function BasicsStep({ draft, problems, onChange }: StepProps) {
  return (
    <Container header={<Header variant="h2">Campaign</Header>}>
      <SpaceBetween size="m">
        <FormField label="Campaign name" errorText={problems.name}>
          <Input value={draft.name} onChange={({ detail }) => onChange({ ...draft, name: detail.value })} />
        </FormField>
        <FormField label="Description">
          <Textarea
            rows={2}
            value={draft.description}
            onChange={({ detail }) => onChange({ ...draft, description: detail.value })}
          />
        </FormField>
      </SpaceBetween>
    </Container>
  );
}

function AudienceStep({ app, draft, problems, onChange }: StepProps) {
  const segments = useSegments(app);
  const size = useSegmentSize(app, draft.segmentId);
  const options = (segments.data ?? []).map(({ Id, Name, SegmentType }) => ({
    value: Id,
    label: Name ?? Id,
    description: SegmentType === "IMPORT" ? "Imported" : "Dynamic",
  }));
  return (
    <Container header={<Header variant="h2">Audience</Header>}>
      <SpaceBetween size="m">
        <FormField
          label="Segment"
          errorText={problems.segment}
          secondaryControl={<Button href={paths.newSegment(app)}>Create a segment</Button>}
        >
          <Select
            placeholder="Choose a segment"
            filteringType="auto"
            selectedOption={options.find(({ value }) => value === draft.segmentId) ?? null}
            options={options}
            statusType={segments.isPending ? "loading" : segments.isError ? "error" : "finished"}
            empty="No segments yet"
            onChange={({ detail }) => onChange({ ...draft, segmentId: detail.selectedOption.value ?? "" })}
          />
        </FormField>
        {draft.segmentId !== "" &&
          (size.isError ? (
            <LoadError error={size.error} />
          ) : size.data === undefined ? (
            <Loading label="Counting" />
          ) : (
            <SpaceBetween size="s">
              <SizeFigures size={size.data} />
              <EvaluationTime size={size.data} />
              {(size.data.targetable.EMAIL ?? 0) === 0 && (
                <Alert type="warning">Nobody in this segment can be reached by email at the moment.</Alert>
              )}
            </SpaceBetween>
          ))}
      </SpaceBetween>
    </Container>
  );
}

function ScheduleStep({ draft, problems, onChange }: StepProps) {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = [
    { value: "local", label: `Your time (${zone})` },
    { value: "UTC", label: "UTC" },
  ];
  const start = campaign.startInstant(draft);
  return (
    <Container header={<Header variant="h2">Schedule</Header>}>
      <SpaceBetween size="m">
        <FormField label="When it is sent">
          <RadioGroup
            value={draft.start}
            onChange={({ detail }) => onChange({ ...draft, start: detail.value === "once" ? "once" : "immediate" })}
            items={[
              { value: "immediate", label: "At once", description: "Sending begins when you launch the campaign." },
              { value: "once", label: "At a time that you choose" },
            ]}
          />
        </FormField>
        {draft.start === "once" && (
          <SpaceBetween size="m">
            <div className="treatment-fields">
              <FormField label="Date" constraintText="YYYY/MM/DD">
                <DatePicker
                  value={draft.date}
                  onChange={({ detail }) => onChange({ ...draft, date: detail.value })}
                  openCalendarAriaLabel={(selected) => `Choose a date${selected === null ? "" : `, ${selected} is chosen`}`}
                />
              </FormField>
              <FormField label="Time" constraintText="24 hours, HH:MM">
                <TimeInput
                  format="hh:mm"
                  placeholder="hh:mm"
                  value={draft.time}
                  onChange={({ detail }) => onChange({ ...draft, time: detail.value })}
                />
              </FormField>
              <FormField label="Clock">
                <Select
                  selectedOption={zones.find(({ value }) => value === draft.zone) ?? null}
                  options={zones}
                  onChange={({ detail }) => onChange({ ...draft, zone: detail.selectedOption.value === "UTC" ? "UTC" : "local" })}
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
      </SpaceBetween>
    </Container>
  );
}

const limitFields: { field: keyof CampaignDraft["limits"]; label: string; description: string }[] = [
  { field: "perSecond", label: "Messages per second", description: "Spreads the sending, for a mail server that is slow or new." },
  { field: "daily", label: "Messages per person and day", description: "Over all campaigns of the project; who reached it is skipped." },
  { field: "total", label: "Messages per person in this campaign", description: "Over all its runs." },
  { field: "duration", label: "Longest duration in seconds", description: "Who was not reached by then is skipped." },
];

function LimitsStep({ draft, problems, onChange }: StepProps) {
  return (
    <Container header={<Header variant="h2" description="All are optional.">Limits</Header>}>
      <SpaceBetween size="m">
        {limitFields.map(({ field, label, description }) => (
          <FormField key={field} label={label} description={description} errorText={problems[field]}>
            <Input
              type="number"
              inputMode="numeric"
              placeholder="No limit"
              value={draft.limits[field]}
              onChange={({ detail }) => onChange({ ...draft, limits: { ...draft.limits, [field]: detail.value } })}
            />
          </FormField>
        ))}
      </SpaceBetween>
    </Container>
  );
}

function contentText(content: Content): string {
  if (content.kind === "inline") return `Written here: ${content.subject}`;
  return content.version === "" ? `Template ${content.template}` : `Template ${content.template}, version ${content.version}`;
}

function ReviewStep({ app, draft }: StepProps) {
  const segments = useSegments(app);
  const size = useSegmentSize(app, draft.segmentId);
  const channel = useEmailChannel(app);
  const several = draft.treatments.length > 1;
  const reach = size.data?.targetable.EMAIL;
  const start = campaign.startInstant(draft);
  const limits = limitFields
    .filter(({ field }) => draft.limits[field].trim() !== "")
    .map(({ field, label }) => ({ label, value: draft.limits[field] }));
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">Audience and schedule</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Campaign", value: draft.name },
            { label: "Segment", value: segments.data?.find(({ Id }) => Id === draft.segmentId)?.Name ?? draft.segmentId },
            {
              label: "Reachable by email now",
              value: reach === undefined ? "–" : `${count(reach)} of ${plural(size.data?.endpoints ?? 0, "endpoint")}`,
            },
            { label: "Start", value: draft.start === "immediate" ? "At once" : instant(start?.toISOString()) },
            { label: "From", value: draft.fromAddress.trim() || (channel.data?.FromAddress ?? "–") },
            { label: "Holdout", value: `${draft.holdout}%` },
          ]}
        />
      </Container>
      <Container header={<Header variant="h2">{several ? "Treatments" : "Message"}</Header>}>
        <KeyValuePairs
          columns={1}
          items={draft.treatments.map((treatment, index) => ({
            label: several
              ? `${treatment.name}, ${index === 0 ? campaign.defaultShare(draft) : treatment.share}%`
              : "Content",
            value: contentText(treatment.content),
          }))}
        />
      </Container>
      <Container header={<Header variant="h2">Limits</Header>}>
        {limits.length === 0 ? <Box>No limits.</Box> : <KeyValuePairs columns={2} items={limits} />}
      </Container>
    </SpaceBetween>
  );
}

function CampaignWizard({ app, initial }: { app: string; initial: CampaignDraft }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const flash = useFlash();
  const [draft, setDraft] = useState(initial);
  const [step, setStep] = useState(0);
  const [tried, setTried] = useState(false);
  const checks: (() => Problems)[] = [
    () => campaign.basicsProblems(draft),
    () => campaign.audienceProblems(draft),
    () => campaign.messageProblems(draft),
    () => campaign.scheduleProblems(draft, new Date()),
    () => campaign.limitsProblems(draft),
  ];
  const launch = useMutation({
    mutationFn: () => pinpoint("CreateCampaign", { path: { "application-id": app }, body: campaign.toRequest(draft) }),
    onSuccess: async (created) => {
      await client.invalidateQueries({ queryKey: ["campaigns", app] });
      await client.invalidateQueries({ queryKey: ["overview", app] });
      flash.success(`Campaign ${created.Name ?? ""} was launched.`);
      await navigate(paths.campaign(app, created.Id));
    },
  });
  const problemsOf = (index: number) => checks[index]?.() ?? {};
  const shown = tried ? problemsOf(step) : {};
  const props = { app, draft, problems: shown, onChange: setDraft };
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
  return (
    <Wizard
      activeStepIndex={step}
      onNavigate={({ detail }) => go(detail.requestedStepIndex)}
      onCancel={() => void navigate(paths.campaigns(app))}
      onSubmit={() => {
        const broken = checks.findIndex((check) => Object.keys(check()).length > 0);
        if (broken < 0) launch.mutate();
        else {
          setStep(broken);
          setTried(true);
        }
      }}
      isLoadingNextStep={launch.isPending}
      submitButtonText="Launch the campaign"
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
        { title: "Name", content: <BasicsStep {...props} /> },
        { title: "Audience", content: <AudienceStep {...props} /> },
        { title: "Message", content: <ContentStep {...props} /> },
        { title: "Schedule", content: <ScheduleStep {...props} /> },
        { title: "Limits", isOptional: true, content: <LimitsStep {...props} /> },
        {
          title: "Review and launch",
          content: (
            <SpaceBetween size="l">
              {launch.isError && (
                <Alert type="error" header="The campaign was not launched">
                  {errorText(launch.error)}
                </Alert>
              )}
              <ReviewStep {...props} />
            </SpaceBetween>
          ),
        },
      ]}
    />
  );
}

export default function NewCampaign() {
  const app = useApp();
  const [search] = useSearchParams();
  const copied = search.get("copy");
  const original = useQuery({
    queryKey: ["campaign", app, copied],
    queryFn: ({ signal }) =>
      pinpoint("GetCampaign", { path: { "application-id": app, "campaign-id": copied ?? "" }, signal }),
    enabled: copied !== null,
  });
  useBreadcrumbs(
    { text: "Campaigns", href: paths.campaigns(app) },
    { text: "Create a campaign", href: paths.newCampaign(app) },
  );
  if (copied === null) {
    return <CampaignWizard app={app} initial={{ ...campaign.emptyDraft(), segmentId: search.get("segment") ?? "" }} />;
  }
  if (original.isPending) return <Loading />;
  if (original.isError) return <LoadError error={original.error} retry={() => void original.refetch()} />;
  return <CampaignWizard key={copied} app={app} initial={campaign.copyOf(original.data)} />;
}
