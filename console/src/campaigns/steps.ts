import type { CampaignDraft } from "./draft";
import type { Problems } from "./schedule";

/** What every step of the wizard is given. */
export interface StepProps {
  app: string;
  draft: CampaignDraft;
  /** The problems to show, by field. */
  problems: Problems;
  /** Whether the campaign has run, so that its treatments, holdout and rhythm can no longer change. */
  frozen: boolean;
  onChange: (draft: CampaignDraft) => void;
}
