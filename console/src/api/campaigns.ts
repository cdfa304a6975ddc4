/** Making campaigns so that none runs before its safety is set, and reading one with its safety. */
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

/** Creates a campaign. One with safety is created paused and let go once the safety is set. */
export async function createCampaign(app: string, request: WriteCampaignRequest, safety: Safety | undefined): Promise<CampaignResponse> {
  const path = { "application-id": app };
  if (safety === undefined) return pinpoint("CreateCampaign", { path, body: request });
  const created = await pinpoint("CreateCampaign", { path, body: { ...request, IsPaused: true } });
  const one = { ...path, "campaign-id": created.Id };
  try {
    await writeSafety(app, created.Id, safety);
    return await pinpoint("UpdateCampaign", { path: one, body: { IsPaused: false } });
  } catch (error) {
    // What could not be launched as it was wanted does not stay behind half made.
    await pinpoint("DeleteCampaign", { path: one });
    throw error;
  }
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
