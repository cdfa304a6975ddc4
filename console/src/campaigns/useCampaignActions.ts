/** Pausing, resuming and deleting a campaign, each asked for where something is lost. */
import { useQueryClient } from "@tanstack/react-query";
import { pinpoint } from "../api/client";
import type { CampaignResponse } from "../generated/wire";
import { useConfirm } from "../shell/confirm";
import { useFlash } from "../shell/flash";

export function useCampaignActions(app: string) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const path = ({ Id }: CampaignResponse) => ({ "application-id": app, "campaign-id": Id });
  const refresh = async (campaign: CampaignResponse) => {
    await client.invalidateQueries({ queryKey: ["campaigns", app] });
    await client.invalidateQueries({ queryKey: ["campaign", app, campaign.Id] });
    await client.invalidateQueries({ queryKey: ["progress", app, campaign.Id] });
    await client.invalidateQueries({ queryKey: ["overview", app] });
  };
  const setPaused = async (campaign: CampaignResponse, paused: boolean) => {
    try {
      await pinpoint("UpdateCampaign", { path: path(campaign), body: { IsPaused: paused } });
      flash.success(paused ? "The campaign is paused." : "The campaign goes on.");
    } catch (error) {
      flash.error(paused ? "The campaign was not paused" : "The campaign was not resumed", error);
    }
    await refresh(campaign);
  };
  const remove = async (campaign: CampaignResponse): Promise<boolean> => {
    const name = campaign.Name ?? campaign.Id;
    const agreed = await confirm({
      header: `Delete ${name}?`,
      body: "What has not been sent yet stays unsent. The campaign's page is no longer there; its events stay in the analytics.",
      action: "Delete",
    });
    if (!agreed) return false;
    try {
      await pinpoint("DeleteCampaign", { path: path(campaign) });
      flash.success(`Campaign ${name} was deleted.`, { onward: true });
    } catch (error) {
      flash.error("The campaign was not deleted", error);
      return false;
    }
    await client.invalidateQueries({ queryKey: ["campaigns", app] });
    await client.invalidateQueries({ queryKey: ["overview", app] });
    return true;
  };
  return { pause: (campaign: CampaignResponse) => setPaused(campaign, true), resume: (campaign: CampaignResponse) => setPaused(campaign, false), remove };
}

/** Which of the actions make sense for a campaign as it stands. */
export function possible(campaign: CampaignResponse): { pause: boolean; resume: boolean } {
  const status = campaign.State?.CampaignStatus;
  return {
    pause: status === "SCHEDULED" || status === "EXECUTING" || status === "PENDING_NEXT_RUN",
    resume: status === "PAUSED",
  };
}
