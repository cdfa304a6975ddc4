/** The inbox: messages of every channel that did not leave the house, newest first, as they come in. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { InboxItem, Page as ItemPage } from "../../api/beckon";
import { PagedTable } from "../../components/PagedTable";
import { Actions } from "../../components/Page";
import { useDebounced } from "../../components/useDebounced";
import { channelTitle } from "../../format/channels";
import { ago } from "../../format/time";
import { InboxState } from "../../mail/InboxState";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";
import { useSession } from "../../shell/session";

const POLL_MS = 5000;

const EVERY_CHANNEL = { value: "", label: "All channels" };

/** What the list can be narrowed to; push services are one channel here. */
const CHANNELS = [
  EVERY_CHANNEL,
  ...["EMAIL", "SMS", "PUSH", "VOICE", "CUSTOM"].map((value) => ({ value, label: channelTitle(value) })),
];

export default function Inbox() {
  const app = useApp();
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const { emailTransport } = useSession();
  const [text, setText] = useState("");
  const [channel, setChannel] = useState("");
  const query = useDebounced(text.trim(), 300);
  useBreadcrumbs({ text: "Inbox", href: paths.inbox(app) });

  const empty = async () => {
    const agreed = await confirm({
      header: "Empty the inbox?",
      body: "All messages of all projects are removed from the inbox. The analytics keep their counts.",
      action: "Empty",
    });
    if (!agreed) return;
    try {
      await beckon("/inbox", { method: "DELETE" });
      flash.success("The inbox is empty.");
    } catch (error) {
      flash.error("The inbox was not emptied", error);
    }
    await client.invalidateQueries({ queryKey: ["inbox"] });
  };

  return (
    <PagedTable
      title="Inbox"
      headerVariant="h1"
      description={
        emailTransport === "inbox"
          ? "No provider is configured: all messages arrive here and nowhere else."
          : "Text, push, voice and custom messages arrive here, and tests that stay in the house."
      }
      actions={
        <Actions>
          <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void client.invalidateQueries({ queryKey: ["inbox", app] })} />
          <Button onClick={() => void empty()}>Empty the inbox</Button>
        </Actions>
      }
      filter={
        <SpaceBetween size="xs" direction="horizontal">
          <TextFilter
            filteringText={text}
            filteringPlaceholder="Recipient or subject"
            filteringAriaLabel="Find messages"
            onChange={({ detail }) => setText(detail.filteringText)}
          />
          <Select
            options={CHANNELS}
            selectedOption={CHANNELS.find(({ value }) => value === channel) ?? EVERY_CHANNEL}
            ariaLabel="Channel"
            onChange={({ detail }) => setChannel(detail.selectedOption.value ?? "")}
          />
        </SpaceBetween>
      }
      queryKey={["inbox", app, query, channel]}
      refreshEvery={POLL_MS}
      load={(token, limit, signal) => beckon<ItemPage<InboxItem>>("/inbox", { query: { app, query, channel, token, limit }, signal })}
      trackBy={({ id }) => id}
      columns={[
        {
          id: "subject",
          header: "Message",
          isRowHeader: true,
          minWidth: 180,
          cell: ({ id, subject, test }) => (
            <Actions>
              <Link href={paths.message(app, id)}>{subject === "" ? "(no text)" : subject}</Link>
              {test && <Badge color="blue">Test</Badge>}
            </Actions>
          ),
        },
        { id: "channel", header: "Channel", minWidth: 100, cell: ({ channel }) => channelTitle(channel) },
        { id: "to", header: "To", minWidth: 160, cell: ({ to }) => to },
        { id: "state", header: "State", minWidth: 140, cell: ({ state }) => <InboxState state={state} /> },
        { id: "received", header: "Received", minWidth: 110, cell: ({ received }) => ago(received, new Date()) },
      ]}
      empty={
        query === "" && channel === ""
          ? {
              title: "The inbox is empty",
              text: "Send a test of a template, or launch a campaign.",
              action: <Button href={paths.templates(app)}>Templates</Button>,
            }
          : { title: "Nothing matches", text: "No message of this channel has this text in its recipient or subject." }
      }
    />
  );
}
