/** Opens the explanation of one person in the panel at the side. */
import type { CampaignResponse } from "../../generated/wire";
import { useDrawer } from "../../shell/drawer";
import { treatmentName } from "../treatmentName";
import { Explanation } from "./Explanation";
import type { Asked } from "./Explanation";

export function useExplain(app: string, campaign: CampaignResponse): (asked: Asked) => void {
  const show = useDrawer();
  return (asked) =>
    show({
      title: `Why, for ${asked.id}`,
      content: (
        <Explanation
          key={`${asked.by} ${asked.id}`}
          app={app}
          campaignId={campaign.Id}
          asked={asked}
          treatmentName={(id) => treatmentName(campaign, id)}
        />
      ),
    });
}
