/** A new campaign, from nothing or from a copy. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { createCampaign, useStoredCampaign } from "../../api/campaigns";
import { CampaignWizard } from "../../campaigns/CampaignWizard";
import type { Channel } from "../../campaigns/content";
import { copyOf, emptyDraft, ownZone, safetyOf, toRequest, unshownChannels } from "../../campaigns/draft";
import type { CampaignDraft } from "../../campaigns/draft";
import { Loading, LoadError } from "../../components/waiting";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

function Launcher({ app, initial, unshown }: { app: string; initial: CampaignDraft; unshown: Channel[] }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const flash = useFlash();
  const launch = useMutation({
    mutationFn: ({ draft, dryRunId }: { draft: CampaignDraft; dryRunId: string | undefined }) =>
      createCampaign(app, toRequest(draft), { safety: safetyOf(draft), dryRunId }),
    onSuccess: async (created) => {
      await client.invalidateQueries({ queryKey: ["campaigns", app] });
      await client.invalidateQueries({ queryKey: ["overview", app] });
      await client.invalidateQueries({ queryKey: ["dry-runs", app] });
      flash.success(`Campaign ${created.Name ?? ""} was launched.`, { onward: true });
      await navigate(paths.campaign(app, created.Id));
    },
  });
  return (
    <CampaignWizard
      app={app}
      initial={initial}
      unshown={unshown}
      submitText="Launch the campaign"
      failedText="The campaign was not launched"
      error={launch.error}
      pending={launch.isPending}
      onCancel={() => void navigate(paths.campaigns(app))}
      onSubmit={(draft, dryRunId) => launch.mutate({ draft, dryRunId })}
    />
  );
}

export default function NewCampaign() {
  const app = useApp();
  const [search] = useSearchParams();
  const [now] = useState(() => new Date());
  const copied = search.get("copy") ?? undefined;
  const original = useStoredCampaign(app, copied);
  useBreadcrumbs(
    { text: "Campaigns", href: paths.campaigns(app) },
    { text: "Create a campaign", href: paths.newCampaign(app) },
  );
  if (copied === undefined) {
    const initial = { ...emptyDraft(ownZone(now)), segmentId: search.get("segment") ?? "" };
    return <Launcher app={app} initial={initial} unshown={[]} />;
  }
  if (original.isError) return <LoadError error={original.error} retry={() => void original.refetch()} />;
  if (original.data === undefined) return <Loading />;
  const { campaign, safety } = original.data;
  return <Launcher key={copied} app={app} initial={copyOf(campaign, now, safety)} unshown={unshownChannels(campaign)} />;
}
