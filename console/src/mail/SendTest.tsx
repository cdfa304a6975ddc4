/** Sends a test of a mail to the inbox or to up to ten addresses. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../api/client";
import type { TestResult } from "../api/beckon";
import { Actions } from "../components/Page";
import type { CampaignEmailMessage, Template } from "../generated/wire";
import { paths } from "../paths";
import { errorText } from "../shell/flash";
import { useSession } from "../shell/session";
import { EndpointPicker } from "./EndpointPicker";
import type { MailContent } from "./MailEditor";

export type TestSubject = { template: Template } | { message: CampaignEmailMessage };

/** The message that sends `content` as it stands in an editor. */
export function messageOf({ subject, html, text }: MailContent, fromAddress = ""): CampaignEmailMessage {
  return {
    ...(fromAddress === "" ? {} : { FromAddress: fromAddress }),
    Title: subject,
    ...(html.trim() === "" ? {} : { HtmlBody: html }),
    ...(text.trim() === "" ? {} : { Body: text }),
  };
}

const ADDRESSES_MAX = 10;

interface Props {
  app: string;
  subject: TestSubject;
  /** Whose values fill the variables, if one was chosen in the preview. */
  endpointId: string;
  onClose: () => void;
}

export function SendTest({ app, subject, endpointId, onClose }: Props) {
  const { emailTransport, name } = useSession();
  const client = useQueryClient();
  const [to, setTo] = useState<"inbox" | "transport">("inbox");
  const [addresses, setAddresses] = useState(`${name.replace(/[^A-Za-z0-9._-]/g, "") || "test"}@example.com`);
  const [sample, setSample] = useState(endpointId);
  const list = addresses.split(/[\s,;]+/).filter((address) => address !== "");
  const usable = list.length > 0 && list.length <= ADDRESSES_MAX && list.every((address) => /^[^@]+@[^@]+$/.test(address));
  const send = useMutation({
    mutationFn: () =>
      beckon<{ results: TestResult[] }>(`/apps/${app}/test-messages`, {
        method: "POST",
        body: {
          ...subject,
          addresses: list,
          ...(sample === "" ? {} : { sampleEndpointId: sample }),
          inboxOnly: to === "inbox",
        },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["inbox", app] }),
  });
  const results = send.data?.results;
  return (
    <Modal
      visible
      header="Send a test"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={onClose}>
              {results === undefined ? "Cancel" : "Close"}
            </Button>
            <Button variant="primary" disabled={!usable} loading={send.isPending} onClick={() => send.mutate()}>
              Send the test
            </Button>
          </Actions>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {send.isError && (
          <Alert type="error" header="The test was not sent">
            {errorText(send.error)}
          </Alert>
        )}
        {results?.map((result) => (
          <Alert key={result.to} type={result.accepted ? "success" : "error"}>
            {result.accepted ? (
              <>
                The test to {result.to} was sent. {to === "inbox" && <Link href={paths.inbox(app)}>Open the inbox</Link>}
              </>
            ) : (
              <StatusIndicator type="error">
                {result.to}: {result.detail ?? "refused"}
              </StatusIndicator>
            )}
          </Alert>
        ))}
        <FormField label="Where">
          <RadioGroup
            value={to}
            onChange={({ detail }) => setTo(detail.value === "transport" ? "transport" : "inbox")}
            items={[
              { value: "inbox", label: "Keep it in the inbox" },
              {
                value: "transport",
                label: `Send it (${emailTransport})`,
                disabled: emailTransport === "inbox",
                description: emailTransport === "inbox" ? "No mail server is configured: all mail stays in the inbox." : undefined,
              },
            ]}
          />
        </FormField>
        <FormField
          label="Addresses"
          description={`Up to ${ADDRESSES_MAX}, separated by commas.`}
          errorText={usable || addresses === "" ? undefined : "Give one to ten email addresses."}
        >
          <Input value={addresses} onChange={({ detail }) => setAddresses(detail.value)} />
        </FormField>
        <FormField label="Fill variables from">
          <EndpointPicker app={app} value={sample} onChange={setSample} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
