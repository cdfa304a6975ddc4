/** How the messages of a campaign travel: the sender, the kind of text message, the webhook. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Multiselect from "@cloudscape-design/components/multiselect";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import { useEmailChannel } from "../../api/queries";
import { channelTitle } from "../../format/channels";
import type { EndpointTypesElement, MessageType } from "../../generated/wire";
import type { Channel, Transport } from "../content";

interface Props {
  app: string;
  channel: Channel;
  transport: Transport;
  problem?: string;
  onChange: (transport: Transport) => void;
}

const endpointTypes: EndpointTypesElement[] = ["CUSTOM", "EMAIL", "SMS", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU", "VOICE", "PUSH", "IN_APP"];

function From({ app, transport, onChange }: Props) {
  const channel = useEmailChannel(app);
  return (
    <FormField label="From address" description={`Leave it empty to use the channel's: ${channel.data?.FromAddress ?? "none yet"}.`}>
      <Input value={transport.fromAddress} onChange={({ detail }) => onChange({ ...transport, fromAddress: detail.value })} />
    </FormField>
  );
}

function Sms({ transport, onChange }: Props) {
  const text = (label: string, member: "originationNumber" | "senderId" | "entityId" | "templateId", description?: string) => (
    <FormField key={member} label={label} description={description}>
      <Input value={transport[member]} onChange={({ detail }) => onChange({ ...transport, [member]: detail.value })} />
    </FormField>
  );
  return (
    <SpaceBetween size="m">
      <FormField label="Kind of message">
        <RadioGroup
          value={transport.messageType}
          onChange={({ detail }) => onChange({ ...transport, messageType: detail.value as MessageType })}
          items={[
            { value: "PROMOTIONAL", label: "Promotional", description: "Marketing; the cheapest way." },
            { value: "TRANSACTIONAL", label: "Transactional", description: "Something the person waits for; the most reliable way." },
          ]}
        />
      </FormField>
      <ExpandableSection headerText="Sender and registration">
        <div className="treatment-fields">
          {text("Origination number", "originationNumber")}
          {text("Sender ID", "senderId")}
          {text("Entity ID", "entityId")}
          {text("Template ID", "templateId")}
        </div>
      </ExpandableSection>
    </SpaceBetween>
  );
}

function Custom({ transport, problem, onChange }: Props) {
  const options = endpointTypes.map((value) => ({ value, label: channelTitle(value) }));
  return (
    <SpaceBetween size="m">
      <FormField
        label="Webhook or function"
        description="An https:// address that answers HEAD with the account's id, or the name or ARN of a function."
        errorText={problem}
        stretch
      >
        <Input
          placeholder="https://hooks.example.com/offers"
          value={transport.deliveryUri}
          onChange={({ detail }) => onChange({ ...transport, deliveryUri: detail.value })}
        />
      </FormField>
      <FormField label="Kinds of endpoints" description="Only these are handed over." stretch>
        <Multiselect
          placeholder="Choose kinds"
          selectedOptions={options.filter(({ value }) => transport.endpointTypes.includes(value))}
          options={options}
          onChange={({ detail }) =>
            onChange({ ...transport, endpointTypes: detail.selectedOptions.map(({ value }) => value as EndpointTypesElement) })
          }
        />
      </FormField>
    </SpaceBetween>
  );
}

export function TransportFields(props: Props) {
  const { channel, transport, problem, onChange } = props;
  switch (channel) {
    case "EMAIL":
      return <From {...props} />;
    case "SMS":
      return <Sms {...props} />;
    case "CUSTOM":
      return <Custom {...props} />;
    case "PUSH":
      return (
        <FormField label="Time to live in seconds" description="How long a push service keeps trying a device that is off." errorText={problem}>
          <Input
            type="number"
            inputMode="numeric"
            placeholder="The service's own"
            value={transport.timeToLive}
            onChange={({ detail }) => onChange({ ...transport, timeToLive: detail.value })}
          />
        </FormField>
      );
    case "IN_APP":
      return null;
  }
}
