/** Keeps everyone of one outcome as a segment. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import { outcomeText } from "../../campaigns/outcomes";
import { Actions } from "../../components/Page";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { errorText, useFlash } from "../../shell/flash";

interface Props {
  app: string;
  campaign: CampaignResponse;
  outcome: string;
  runId: string | undefined;
  onClose: () => void;
}

export function SaveAsSegment({ app, campaign, outcome, runId, onClose }: Props) {
  const client = useQueryClient();
  const flash = useFlash();
  const [name, setName] = useState(`${campaign.Name ?? "Campaign"}: ${outcomeText(outcome).toLowerCase()}`);
  const save = useMutation({
    mutationFn: () =>
      beckon<{ segmentId: string }>(`/apps/${app}/campaigns/${campaign.Id}/people/segment`, {
        method: "POST",
        body: { name: name.trim(), outcome, ...(runId === undefined ? {} : { runId }) },
      }),
    onSuccess: async ({ segmentId }) => {
      await client.invalidateQueries({ queryKey: ["segments", app] });
      flash.success(
        <>
          Saved as the segment <Link href={paths.segment(app, segmentId)}>{name.trim()}</Link>.
        </>,
      );
      onClose();
    },
  });
  const usable = name.trim() !== "" && !save.isPending;
  return (
    <Modal
      visible
      header="Save as a segment"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!usable} loading={save.isPending} onClick={() => save.mutate()}>
              Save
            </Button>
          </Actions>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {save.isError && <Alert type="error">{errorText(save.error)}</Alert>}
        <Box>Everyone whose outcome is “{outcomeText(outcome)}” now. The list stays as it is then.</Box>
        <FormField label="Segment name">
          <Input
            value={name}
            autoFocus
            onChange={({ detail }) => setName(detail.value)}
            onKeyDown={({ detail }) => {
              if (detail.key === "Enter" && usable) save.mutate();
            }}
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
