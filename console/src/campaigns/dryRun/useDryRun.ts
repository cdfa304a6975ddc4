/** Starting dry runs and following them. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { DryRun, Safety } from "../../api/beckon";
import type { WriteCampaignRequest } from "../../generated/wire";

const POLL_MS = 700;

/** Messages that are rendered for reading. */
const SAMPLES = 20;

export type DryRunSubject = { campaignId: string } | { campaign: WriteCampaignRequest; safety?: Safety | undefined };

export function useStartDryRun(app: string, onStarted?: (run: DryRun) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (subject: DryRunSubject) =>
      beckon<DryRun>(`/apps/${app}/dry-runs`, { method: "POST", body: { ...subject, samples: SAMPLES } }),
    onSuccess: async (run) => {
      await client.invalidateQueries({ queryKey: ["dry-runs", app] });
      onStarted?.(run);
    },
  });
}

export function useDryRun(app: string, id: string | undefined) {
  return useQuery({
    queryKey: ["dry-run", app, id],
    queryFn: ({ signal }) => beckon<DryRun>(`/apps/${app}/dry-runs/${id}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.state === "RUNNING" ? POLL_MS : false),
  });
}
