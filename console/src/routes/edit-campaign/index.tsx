/** Changes a campaign, as far as its state allows (`docs/spec/campaigns.md` §5). */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Form from "@cloudscape-design/components/form";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useParams } from "react-router";
import { useStoredCampaign, writeSafety } from "../../api/campaigns";
import type { Progress, Safety } from "../../api/beckon";
import { beckon, pinpoint } from "../../api/client";
import { CampaignWizard } from "../../campaigns/CampaignWizard";
import { changes, draftOf, safetyOf, unshownChannels } from "../../campaigns/draft";
import type { CampaignDraft } from "../../campaigns/draft";
import { Actions, Page } from "../../components/Page";
import { Loading, LoadError } from "../../components/waiting";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText, useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

/** Sends what differs between two drafts, and goes back to the campaign. */
function useSave(app: string, campaign: CampaignResponse) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const flash = useFlash();
  return useMutation({
    mutationFn: async ({ before, after }: { before: CampaignDraft; after: CampaignDraft }) => {
      const changed = changes(before, after);
      const safety = safetyOf(after);
      // The safety first: a change of the schedule may let a run begin.
      if (JSON.stringify(safety) !== JSON.stringify(safetyOf(before))) await writeSafety(app, campaign.Id, safety);
      if (Object.keys(changed).length > 0) {
        await pinpoint("UpdateCampaign", { path: { "application-id": app, "campaign-id": campaign.Id }, body: changed });
      }
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["campaigns", app] });
      await client.invalidateQueries({ queryKey: ["campaign", app, campaign.Id] });
      flash.success("The campaign was changed.", { onward: true });
      await navigate(paths.campaign(app, campaign.Id));
    },
  });
}

interface EditorProps {
  app: string;
  campaign: CampaignResponse;
}

/** All that a campaign which runs no more lets change. */
function NameForm({ app, campaign }: EditorProps) {
  const navigate = useNavigate();
  const [before] = useState(() => draftOf(campaign));
  const [draft, setDraft] = useState(before);
  const save = useSave(app, campaign);
  return (
    <Page title={`Edit ${campaign.Name ?? "the campaign"}`}>
      <Alert type="info">This campaign runs no more, so only its name and its description can change.</Alert>
      <Form
        actions={
          <Actions>
            <Button variant="link" onClick={() => void navigate(paths.campaign(app, campaign.Id))}>
              Cancel
            </Button>
            <Button
              variant="primary"
              loading={save.isPending}
              disabled={draft.name.trim() === ""}
              onClick={() => save.mutate({ before, after: draft })}
            >
              Save
            </Button>
          </Actions>
        }
        errorText={save.isError ? errorText(save.error) : undefined}
      >
        <Container>
          <SpaceBetween size="m">
            <FormField label="Campaign name" errorText={draft.name.trim() === "" ? "Give the campaign a name." : undefined}>
              <Input value={draft.name} onChange={({ detail }) => setDraft({ ...draft, name: detail.value })} />
            </FormField>
            <FormField label="Description">
              <Textarea rows={2} value={draft.description} onChange={({ detail }) => setDraft({ ...draft, description: detail.value })} />
            </FormField>
          </SpaceBetween>
        </Container>
      </Form>
    </Page>
  );
}

function Editor({ app, campaign, safety, frozen }: EditorProps & { safety: Safety | undefined; frozen: boolean }) {
  const navigate = useNavigate();
  const [before] = useState(() => draftOf(campaign, safety));
  const save = useSave(app, campaign);
  return (
    <CampaignWizard
      app={app}
      initial={before}
      editing
      frozen={frozen}
      unshown={unshownChannels(campaign)}
      submitText="Save the changes"
      failedText="The campaign was not changed"
      error={save.error}
      pending={save.isPending}
      onCancel={() => void navigate(paths.campaign(app, campaign.Id))}
      onSubmit={(after) => save.mutate({ before, after })}
    />
  );
}

export default function EditCampaign() {
  const app = useApp();
  const { id = "" } = useParams();
  const stored = useStoredCampaign(app, id);
  const progress = useQuery({
    queryKey: ["progress", app, id],
    queryFn: ({ signal }) => beckon<Progress>(`/apps/${app}/campaigns/${id}/progress`, { signal }),
  });
  useBreadcrumbs(
    { text: "Campaigns", href: paths.campaigns(app) },
    { text: stored.data?.campaign.Name ?? "Campaign", href: paths.campaign(app, id) },
    { text: "Edit", href: paths.editCampaign(app, id) },
  );
  if (stored.isError) return <LoadError error={stored.error} retry={() => void stored.refetch()} />;
  if (progress.isError) return <LoadError error={progress.error} retry={() => void progress.refetch()} />;
  if (stored.data === undefined || progress.data === undefined) return <Loading />;
  const { campaign, safety } = stored.data;
  const status = campaign.State?.CampaignStatus;
  if (status === "COMPLETED" || status === "INVALID" || status === "DELETED") return <NameForm app={app} campaign={campaign} />;
  return <Editor app={app} campaign={campaign} safety={safety} frozen={progress.data.runs.length > 0} />;
}
