/** What each treatment changed, against the people who got nothing. */
import { useQuery } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { Lift } from "../../api/beckon";
import { LiftView } from "../../campaigns/lift/LiftView";
import { treatmentName } from "../../campaigns/treatmentName";
import { LoadError, Loading } from "../../components/waiting";
import type { CampaignResponse } from "../../generated/wire";

const RELOAD_MS = 10_000;

export function Comparison({ app, campaign }: { app: string; campaign: CampaignResponse }) {
  const lift = useQuery({
    queryKey: ["campaign-analytics", app, campaign.Id, "lift"],
    queryFn: ({ signal }) => beckon<Lift>(`/apps/${app}/campaigns/${campaign.Id}/lift`, { signal }),
    refetchInterval: RELOAD_MS,
  });
  if (lift.isError) return <LoadError error={lift.error} retry={() => void lift.refetch()} />;
  if (lift.data === undefined) return <Loading />;
  return <LiftView lift={lift.data} nameOf={(id) => treatmentName(campaign, id)} />;
}
