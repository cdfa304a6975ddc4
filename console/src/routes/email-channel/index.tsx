/** The email channel of a project: who its mail comes from. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Toggle from "@cloudscape-design/components/toggle";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { pinpoint } from "../../api/client";
import { useEmailChannel } from "../../api/queries";
import { Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import type { EmailChannelResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText, useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";
import { useSession } from "../../shell/session";

/** The domain of an address, also of one with a display name. */
function domainOf(address: string): string {
  return /@([^\s>]+)/.exec(address)?.[1] ?? "";
}

function Settings({ app, channel }: { app: string; channel: EmailChannelResponse | null }) {
  const client = useQueryClient();
  const flash = useFlash();
  const session = useSession();
  const [from, setFrom] = useState(channel?.FromAddress ?? "");
  const [enabled, setEnabled] = useState(channel?.Enabled ?? true);
  const domain = domainOf(from);
  const save = useMutation({
    mutationFn: () =>
      pinpoint("UpdateEmailChannel", {
        path: { "application-id": app },
        body: {
          Enabled: enabled,
          FromAddress: from.trim(),
          Identity:
            channel?.Identity ??
            `arn:aws:ses:${session.regions[0] ?? "us-east-1"}:${session.accountId}:identity/${domain}`,
        },
      }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["email-channel", app] });
      flash.success("The email channel was saved.");
    },
  });
  return (
    <Page
      title="Email channel"
      description="From which address the mail of this project comes."
      actions={
        <Button variant="primary" disabled={domain === ""} loading={save.isPending} onClick={() => save.mutate()}>
          Save
        </Button>
      }
    >
      {save.isError && (
        <Alert type="error" header="The channel was not saved">
          {errorText(save.error)}
        </Alert>
      )}
      <Container header={<Header variant="h2">Sender</Header>}>
        <SpaceBetween size="m">
          <FormField label="From address" description="An address, or a name with an address: Ada's Shop <news@example.com>.">
            <Input value={from} onChange={({ detail }) => setFrom(detail.value)} placeholder="news@example.com" />
          </FormField>
          <Toggle checked={enabled} onChange={({ detail }) => setEnabled(detail.checked)}>
            Send email from this project
          </Toggle>
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">Now</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            {
              label: "Channel",
              value:
                channel === null ? (
                  <StatusIndicator type="pending">Not set up</StatusIndicator>
                ) : channel.Enabled === false ? (
                  <StatusIndicator type="stopped">Off</StatusIndicator>
                ) : (
                  <StatusIndicator type="success">On</StatusIndicator>
                ),
            },
            { label: "Mail leaves by", value: session.emailTransport },
            { label: "Last change", value: instant(channel?.LastModifiedDate) },
            { label: "Identity", value: channel?.Identity ?? NONE },
          ]}
        />
      </Container>
    </Page>
  );
}

export default function EmailChannel() {
  const app = useApp();
  const channel = useEmailChannel(app);
  useBreadcrumbs({ text: "Email channel", href: paths.emailChannel(app) });
  if (channel.isPending) return <Loading />;
  if (channel.isError) return <LoadError error={channel.error} retry={() => void channel.refetch()} />;
  return <Settings app={app} channel={channel.data} />;
}
