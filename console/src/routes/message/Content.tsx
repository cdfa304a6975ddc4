/** A message that is no mail, as its recipient would meet it, with what its provider would get. */
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { InboxContent } from "../../api/beckon";
import "./content.css";

type Of<K extends InboxContent["kind"]> = Extract<InboxContent, { kind: K }>;

/** The facts that have a value. */
function Facts({ facts }: { facts: [string, string | number | null][] }) {
  const items = facts.flatMap(([label, value]) => (value === null || value === "" ? [] : [{ label, value: String(value) }]));
  return <KeyValuePairs columns={3} items={items} />;
}

function Json({ label, text }: { label: string; text: string }) {
  return (
    <Container header={<Header variant="h2">{label}</Header>}>
      <pre className="raw" aria-label={label} tabIndex={0}>
        {text}
      </pre>
    </Container>
  );
}

/** JSON text with line breaks; anything else as it is. */
function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function Push({ push }: { push: Of<"push"> }) {
  const words = [push.title, push.body].some((text) => text !== null && text !== "");
  return (
    <SpaceBetween size="l">
      <Container header={<Header variant="h2">On the device</Header>}>
        {push.silent ? (
          <StatusIndicator type="info">A silent message: the device shows nothing and wakes the app.</StatusIndicator>
        ) : words ? (
          <div className="notification">
            <Box fontWeight="bold">{push.title ?? ""}</Box>
            <Box>{push.body ?? ""}</Box>
          </div>
        ) : (
          <StatusIndicator type="info">What the device shows is up to the raw payload below.</StatusIndicator>
        )}
      </Container>
      <Json label="Payload" text={JSON.stringify(push.payload, null, 2)} />
      <Facts facts={[...Object.entries(push.headers), ["Time to live (s)", push.timeToLive]]} />
    </SpaceBetween>
  );
}

function Sms({ sms }: { sms: Of<"sms"> }) {
  return (
    <Container header={<Header variant="h2">On the phone</Header>}>
      <SpaceBetween size="m">
        <div className="bubble">{sms.text}</div>
        <Facts
          facts={[
            ["Type", sms.messageType],
            ["Parts", sms.parts],
            ["Alphabet", sms.encoding === "GSM" ? "GSM (7 bits)" : "UCS-2 (16 bits)"],
            ["Sender ID", sms.senderId],
            ["Number that sends", sms.originationNumber],
            ["Keyword", sms.keyword],
            ["Entity ID", sms.entityId],
            ["Template ID", sms.templateId],
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}

function Voice({ voice }: { voice: Of<"voice"> }) {
  return (
    <Container header={<Header variant="h2">{voice.ssml ? "Spoken, as SSML" : "Spoken"}</Header>}>
      <SpaceBetween size="m">
        {voice.ssml ? <pre className="raw">{voice.text}</pre> : <div className="bubble">{voice.text}</div>}
        <Facts
          facts={[
            ["Language", voice.languageCode],
            ["Voice", voice.voiceId],
            ["Number that calls", voice.originationNumber],
          ]}
        />
      </SpaceBetween>
    </Container>
  );
}

export function Content({ content }: { content: InboxContent }) {
  switch (content.kind) {
    case "push":
      return <Push push={content} />;
    case "sms":
      return <Sms sms={content} />;
    case "voice":
      return <Voice voice={content} />;
    case "custom":
      return <Json label={`What ${content.uri} gets`} text={pretty(content.body)} />;
  }
}
