/** Says that a canary or a brake holds the campaign, why, and lets it go on. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { beckon } from "../../api/client";
import type { RunProgress } from "../../api/beckon";
import { sentence } from "../../format/sentence";
import { instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { useConfirm } from "../../shell/confirm";
import { useFlash } from "../../shell/flash";

interface Props {
  app: string;
  campaign: CampaignResponse;
  held: NonNullable<RunProgress["held"]>;
}

export function Held({ app, campaign, held }: Props) {
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const brake = held.by === "brake";
  const release = useMutation({
    mutationFn: () => beckon<undefined>(`/apps/${app}/campaigns/${campaign.Id}/go-on`, { method: "POST" }),
    onSuccess: async () => {
      flash.success("The campaign goes on.");
      await client.invalidateQueries({ queryKey: ["progress", app, campaign.Id] });
      await client.invalidateQueries({ queryKey: ["campaign", app, campaign.Id] });
    },
    onError: (error) => flash.error("The campaign does not go on", error),
  });
  const ask = async () => {
    const agreed = await confirm({
      header: brake ? "Go on in spite of the brake?" : "Send to everyone else now?",
      body: brake ? sentence(held.reason) : "The others are sent the message without waiting any longer.",
      action: "Go on",
    });
    if (agreed) release.mutate();
  };
  return (
    <Alert
      type={brake ? "error" : "info"}
      header={brake ? "The brake stopped this campaign" : "The canary is out, the others wait"}
      action={
        <Button loading={release.isPending} onClick={() => void ask()}>
          Go on
        </Button>
      }
    >
      {sentence(held.reason)} Held since {instant(held.since)}
      {held.until === undefined ? "." : `; it goes on by itself ${instant(held.until)}.`}
    </Alert>
  );
}
