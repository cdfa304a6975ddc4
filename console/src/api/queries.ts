/** The reads that several screens share, each under the key by which changes refresh it. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { ApplicationResponse, CampaignResponse, SegmentResponse, TemplateResponse, TemplateType } from "../generated/wire";
import { ApiError, beckon, pinpoint } from "./client";
import type { AttributeNames, Criteria, Overview, SegmentSize } from "./beckon";

/** Items of a Pinpoint list that a screen holds at most. */
export const LIST_MAX = 5000;

interface PinpointPage<T> {
  Item?: T[];
  NextToken?: string;
}

/** All items of a paged list, up to `LIST_MAX`. */
export async function all<T>(page: (token?: string) => Promise<PinpointPage<T>>): Promise<T[]> {
  const items: T[] = [];
  let token: string | undefined;
  do {
    const { Item = [], NextToken } = await page(token);
    items.push(...Item);
    token = NextToken;
  } while (token !== undefined && items.length < LIST_MAX);
  return items;
}

const PAGE_SIZE = "1000";

export function useProjects() {
  return useQuery({
    queryKey: ["projects"],
    queryFn: ({ signal }) =>
      all<ApplicationResponse>((token) => pinpoint("GetApps", { query: { "page-size": PAGE_SIZE, token }, signal })),
  });
}

export function useSegments(app: string) {
  return useQuery({
    queryKey: ["segments", app],
    queryFn: ({ signal }) =>
      all<SegmentResponse>((token) =>
        pinpoint("GetSegments", { path: { "application-id": app }, query: { "page-size": PAGE_SIZE, token }, signal }),
      ),
  });
}

export function useSegment(app: string, id: string) {
  return useQuery({
    queryKey: ["segment", app, id],
    queryFn: ({ signal }) => pinpoint("GetSegment", { path: { "application-id": app, "segment-id": id }, signal }),
    enabled: id !== "",
  });
}

/** The exact size of a stored segment. */
export function useSegmentSize(app: string, id: string) {
  return useQuery({
    queryKey: ["segment-size", app, id],
    queryFn: ({ signal }) => beckon<SegmentSize>(`/apps/${app}/segments/${id}/size`, { signal }),
    enabled: id !== "",
  });
}

/** The exact size of criteria that are still being edited; the last one stays until the next is there. */
export function useCriteriaSize(app: string, criteria: Criteria) {
  return useQuery({
    queryKey: ["criteria-size", app, criteria],
    queryFn: ({ signal }) =>
      beckon<SegmentSize>(`/apps/${app}/segments/size`, { method: "POST", body: criteria, signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 10_000,
  });
}

export function useTemplates(type: TemplateType = "EMAIL") {
  return useQuery({
    queryKey: ["templates", type],
    queryFn: ({ signal }) =>
      all<TemplateResponse>((token) =>
        pinpoint("ListTemplates", { query: { "template-type": type, "page-size": PAGE_SIZE, "next-token": token }, signal }),
      ),
  });
}

export function useCampaigns(app: string) {
  return useQuery({
    queryKey: ["campaigns", app],
    queryFn: ({ signal }) =>
      all<CampaignResponse>((token) =>
        pinpoint("GetCampaigns", { path: { "application-id": app }, query: { "page-size": PAGE_SIZE, token }, signal }),
      ),
    refetchInterval: ({ state }) => (state.data?.some((campaign) => isMoving(campaign)) === true ? 2000 : false),
  });
}

/** Whether a campaign changes without the reader's doing. */
export function isMoving(campaign: CampaignResponse): boolean {
  const status = campaign.State?.CampaignStatus;
  return status === "EXECUTING" || status === "SCHEDULED" || status === "PENDING_NEXT_RUN";
}

export function useOverview(app: string) {
  return useQuery({
    queryKey: ["overview", app],
    queryFn: ({ signal }) => beckon<Overview>(`/apps/${app}/overview`, { signal }),
  });
}

export function useAttributeNames(app: string) {
  return useQuery({
    queryKey: ["attributes", app],
    queryFn: ({ signal }) => beckon<AttributeNames>(`/apps/${app}/attributes`, { signal }),
  });
}

/** The email channel of a project; `null` while it was never set up. */
export function useEmailChannel(app: string) {
  return useQuery({
    queryKey: ["email-channel", app],
    queryFn: async ({ signal }) => {
      try {
        return await pinpoint("GetEmailChannel", { path: { "application-id": app }, signal });
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return null;
        throw error;
      }
    },
  });
}
