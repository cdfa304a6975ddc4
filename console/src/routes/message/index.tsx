/** One message of the inbox, as its reader would see it, with headers and source. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { beckon, beckonText } from "../../api/client";
import type { InboxMessage } from "../../api/beckon";
import { Page } from "../../components/Page";
import { PreviewFrame } from "../../components/PreviewFrame";
import { LoadError, Loading } from "../../components/waiting";
import { channelTitle } from "../../format/channels";
import { instant } from "../../format/time";
import { InboxState } from "../../mail/InboxState";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";
import { Content } from "./Content";

/** Characters of the source that are shown. */
const RAW_MAX = 500_000;

const MOBILE_PIXELS = 375;

function Source({ id }: { id: string }) {
  const raw = useQuery({
    queryKey: ["inbox-raw", id],
    queryFn: ({ signal }) => beckonText(`/inbox/${encodeURIComponent(id)}/raw`, signal),
    staleTime: Infinity,
  });
  if (raw.isError) return <LoadError error={raw.error} retry={() => void raw.refetch()} />;
  if (raw.data === undefined) return <Loading />;
  return (
    <pre className="raw" aria-label="Source of the message" tabIndex={0}>
      {raw.data.slice(0, RAW_MAX)}
    </pre>
  );
}

function Html({ html }: { html: string }) {
  const [device, setDevice] = useState("desktop");
  return (
    <SpaceBetween size="s">
      <SegmentedControl
        label="Width"
        selectedId={device}
        onChange={({ detail }) => setDevice(detail.selectedId)}
        options={[
          { id: "desktop", text: "Desktop" },
          { id: "mobile", text: "Mobile" },
        ]}
      />
      <PreviewFrame title="Message" html={html} links height={560} width={device === "mobile" ? MOBILE_PIXELS : undefined} />
    </SpaceBetween>
  );
}

/** The parts of a mail. */
function Mail({ data }: { data: InboxMessage }) {
  const html = data.html ?? "";
  const text = data.text ?? "";
  return (
    <Tabs
      tabs={[
        ...(html === "" ? [] : [{ id: "html", label: "Message", content: <Html html={html} /> }]),
        {
          id: "text",
          label: "Plain text",
          content: text === "" ? <Box color="text-body-secondary">The message has no plain text part.</Box> : <pre className="raw">{text}</pre>,
        },
        {
          id: "headers",
          label: "Headers",
          content: (
            <Table
              variant="embedded"
              ariaLabels={{ tableLabel: "Headers" }}
              wrapLines
              items={data.headers.map((header, index) => ({ ...header, id: String(index) }))}
              trackBy="id"
              columnDefinitions={[
                { id: "name", header: "Header", isRowHeader: true, cell: ({ name }) => name },
                { id: "value", header: "Value", cell: ({ value }) => <span className="mono long">{value}</span> },
              ]}
            />
          ),
        },
        { id: "raw", label: "Source", content: <Source id={data.id} /> },
      ]}
    />
  );
}

export default function Message() {
  const app = useApp();
  const { id = "" } = useParams();
  const message = useQuery({
    queryKey: ["inbox-message", app, id],
    queryFn: ({ signal }) => beckon<InboxMessage>(`/inbox/${encodeURIComponent(id)}`, { signal }),
  });
  useBreadcrumbs(
    { text: "Inbox", href: paths.inbox(app) },
    { text: message.data?.subject ?? "Message", href: paths.message(app, id) },
  );
  if (message.isPending) return <Loading />;
  if (message.isError) return <LoadError error={message.error} retry={() => void message.refetch()} />;
  const { data } = message;
  return (
    <Page
      title={data.subject === "" ? "(no text)" : data.subject}
      description={data.test ? <Badge color="blue">Test</Badge> : undefined}
      actions={<Button href={paths.inbox(app)}>Back to the inbox</Button>}
    >
      <Container>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Channel", value: channelTitle(data.channel) },
            { label: "To", value: data.to },
            ...(data.from === "" ? [] : [{ label: "From", value: data.from }]),
            { label: "Received", value: instant(data.received) },
            { label: "State", value: <InboxState state={data.state} /> },
            ...(data.endpointId === undefined || data.endpointId === ""
              ? []
              : [
                  {
                    label: "Endpoint",
                    value: <Link href={paths.endpoint(app, data.endpointId)}>{data.endpointId}</Link>,
                  },
                ]),
            ...(data.campaignId === undefined
              ? []
              : [{ label: "Campaign", value: <Link href={paths.campaign(app, data.campaignId)}>Open the campaign</Link> }]),
          ]}
        />
      </Container>
      {data.content === undefined ? <Mail data={data} /> : <Content content={data.content} />}
    </Page>
  );
}
