/** The inbox: the mail that did not leave the house, newest first, as it comes in. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { InboxItem, Page as ItemPage } from "../../api/beckon";
import { PagedTable } from "../../components/PagedTable";
import { Actions } from "../../components/Page";
import { useDebounced } from "../../components/useDebounced";
import { ago } from "../../format/time";
import { InboxState } from "../../mail/InboxState";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";
import { useSession } from "../../shell/session";

const POLL_MS = 5000;

export default function Inbox() {
  const app = useApp();
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const { emailTransport } = useSession();
  const [text, setText] = useState("");
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
          ? "No mail server is configured: all mail arrives here and nowhere else."
          : "Tests that stay in the house arrive here."
      }
      actions={
        <Actions>
          <Button iconName="refresh" ariaLabel="Refresh" onClick={() => void client.invalidateQueries({ queryKey: ["inbox", app] })} />
          <Button onClick={() => void empty()}>Empty the inbox</Button>
        </Actions>
      }
      filter={
        <TextFilter
          filteringText={text}
          filteringPlaceholder="Recipient or subject"
          filteringAriaLabel="Find messages"
          onChange={({ detail }) => setText(detail.filteringText)}
        />
      }
      queryKey={["inbox", app, query]}
      refreshEvery={POLL_MS}
      load={(token, limit, signal) => beckon<ItemPage<InboxItem>>("/inbox", { query: { app, query, token, limit }, signal })}
      trackBy={({ id }) => id}
      columns={[
        {
          id: "subject",
          header: "Subject",
          isRowHeader: true,
          minWidth: 180,
          cell: ({ id, subject, test }) => (
            <Actions>
              <Link href={paths.message(app, id)}>{subject === "" ? "(no subject)" : subject}</Link>
              {test && <Badge color="blue">Test</Badge>}
            </Actions>
          ),
        },
        { id: "to", header: "To", minWidth: 160, cell: ({ to }) => to },
        { id: "state", header: "State", minWidth: 110, cell: ({ state }) => <InboxState state={state} /> },
        { id: "received", header: "Received", minWidth: 110, cell: ({ received }) => ago(received, new Date()) },
      ]}
      empty={
        query === ""
          ? {
              title: "The inbox is empty",
              text: "Send a test of a template, or launch a campaign.",
              action: <Button href={paths.templates(app)}>Templates</Button>,
            }
          : { title: "Nothing matches", text: "No message has this text in its recipient or subject." }
      }
    />
  );
}
