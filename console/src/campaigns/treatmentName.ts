import type { CampaignResponse } from "../generated/wire";

/** The name of a treatment by its number, `"0"` being the default one. */
export function treatmentName(campaign: CampaignResponse, id: string): string {
  if (id === "0") return campaign.TreatmentName ?? ((campaign.AdditionalTreatments?.length ?? 0) > 0 ? "A" : "Message");
  return campaign.AdditionalTreatments?.find(({ Id }) => Id === id)?.TreatmentName ?? id;
}
