/** Making campaigns together with their safety, and reading one with its safety. */
import { useQuery } from "@tanstack/react-query";
import type { CampaignResponse, WriteCampaignRequest } from "../generated/wire";
import type { Safety } from "./beckon";
import { ApiError, beckon, pinpoint } from "./client";

function safetyPath(app: string, id: string): string {
  return `/apps/${app}/campaigns/${id}/safety`;
}

/** Sets the safety, or takes all of it away. */
export async function writeSafety(app: string, id: string, safety: Safety | undefined): Promise<void> {
  if (safety === undefined) await beckon(safetyPath(app, id), { method: "DELETE" });
  else await beckon(safetyPath(app, id), { method: "PUT", body: safety });
}

/** What goes with a campaign when it is created. */
export interface Launch {
  safety?: Safety | undefined;
  /** The dry run of what is launched. */
  dryRunId?: string | undefined;
}

/** Creates a campaign with its safety in one step, as the campaign of its dry run. */
export async function createCampaign(app: string, campaign: WriteCampaignRequest, launch: Launch): Promise<CampaignResponse> {
  return beckon<CampaignResponse>(`/apps/${app}/campaigns`, { method: "POST", body: { campaign, ...launch } });
}

/** The safety of a campaign; `undefined` where it has none. */
async function readSafety(app: string, id: string, signal: AbortSignal): Promise<Safety | undefined> {
  try {
    return await beckon<Safety>(safetyPath(app, id), { signal });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/** A campaign to be copied or changed, with its safety. */
export function useStoredCampaign(app: string, id: string | undefined) {
  return useQuery({
    queryKey: ["campaign", app, id, "with-safety"],
    queryFn: async ({ signal }) => {
      const campaign = await pinpoint("GetCampaign", { path: { "application-id": app, "campaign-id": id ?? "" }, signal });
      return { campaign, safety: await readSafety(app, campaign.Id, signal) };
    },
    enabled: id !== undefined,
    // What is being edited must not change under the reader's hands.
    staleTime: Infinity,
    gcTime: 0,
  });
}
