/** The wizard's last step: everything at a glance, and a dry run before anything is sent. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { LoadError, Loading } from "../components/waiting";
import { paths } from "../paths";
import { errorText } from "../shell/flash";
import { CampaignSummary } from "./CampaignSummary";
import { safetyOf, toRequest } from "./draft";
import type { CampaignDraft } from "./draft";
import { DryRunView } from "./dryRun/DryRunView";
import { useDryRun, useStartDryRun } from "./dryRun/useDryRun";
import type { StepProps } from "./steps";

/** The newest dry run of what is being written. */
interface DraftDryRun {
  id: string | undefined;
  onStarted: (id: string) => void;
}

function ReviewDryRun({ app, draft, id, onStarted }: DraftDryRun & { app: string; draft: CampaignDraft }) {
  const start = useStartDryRun(app, (run) => onStarted(run.id));
  const run = useDryRun(app, id);
  return (
    <SpaceBetween size="l">
      <Container
        header={
          <Header
            variant="h2"
            description="Goes through everyone in the segment with every rule that the real run will follow, and sends nothing."
            actions={
              <Button loading={start.isPending || run.data?.state === "RUNNING"} onClick={() => start.mutate({ campaign: toRequest(draft), safety: safetyOf(draft) })}>
                Start a dry run
              </Button>
            }
          >
            Try it without sending
          </Header>
        }
      >
        {start.isError ? (
          <Alert type="error" header="The dry run was not started">
            {errorText(start.error)}
          </Alert>
        ) : id === undefined ? (
          <Box color="text-body-secondary">Nothing was tried yet.</Box>
        ) : run.isError ? (
          <LoadError error={run.error} retry={() => void run.refetch()} />
        ) : run.data === undefined ? (
          <Loading label="Starting" />
        ) : (
          <Link href={paths.dryRun(app, run.data.id)} external target="_blank">
            Open this dry run on a page of its own
          </Link>
        )}
      </Container>
      {run.data !== undefined && !start.isError && <DryRunView app={app} run={run.data} />}
    </SpaceBetween>
  );
}

export function ReviewStep({ app, draft, dryRun }: StepProps & { dryRun: DraftDryRun | undefined }) {
  return (
    <SpaceBetween size="l">
      <CampaignSummary app={app} draft={draft} />
      {dryRun !== undefined && draft.schedule.kind !== "IN_APP_EVENT" && <ReviewDryRun app={app} draft={draft} {...dryRun} />}
    </SpaceBetween>
  );
}
