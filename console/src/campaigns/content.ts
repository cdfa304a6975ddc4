/**
 * What a treatment says, by channel, and its translation from and to the wire.
 *
 * The console makes campaigns of one channel (`docs/spec/campaigns.md` §2, reach): a push message
 * stands for every push service.
 */
import type {
  Action,
  Alignment,
  ButtonAction,
  CustomDeliveryConfiguration,
  EndpointTypesElement,
  InAppMessageButton,
  InAppMessageContent,
  Layout,
  Message,
  MessageConfiguration,
  MessageType,
  TemplateConfiguration,
  TemplateType,
} from "../generated/wire";

export type Channel = "EMAIL" | "PUSH" | "SMS" | "CUSTOM" | "IN_APP";

export const channels: { value: Channel; label: string; description: string }[] = [
  { value: "EMAIL", label: "Email", description: "A mail with a subject, in HTML or as plain text." },
  { value: "PUSH", label: "Push notification", description: "To the apps on people's devices." },
  { value: "SMS", label: "Text message", description: "To people's phones." },
  { value: "IN_APP", label: "In-app message", description: "Shown by the app when something happens in it." },
  { value: "CUSTOM", label: "Custom channel", description: "Handed to your own webhook or function." },
];

export interface ButtonDraft {
  text: string;
  action: ButtonAction;
  link: string;
}

/** One card of an in-app message; empty parts are left out. */
export interface CardDraft {
  header: string;
  body: string;
  imageUrl: string;
  textColour: string;
  background: string;
  alignment: Alignment;
  primary: ButtonDraft;
  secondary: ButtonDraft;
}

export type Content =
  | { kind: "template"; template: string; version: string }
  | { kind: "EMAIL"; subject: string; html: string; text: string }
  | { kind: "PUSH"; title: string; body: string; action: Action; url: string; imageUrl: string; silent: boolean; raw: string }
  | { kind: "SMS"; body: string }
  | { kind: "CUSTOM"; data: string }
  | { kind: "IN_APP"; layout: Layout; cards: CardDraft[]; customConfig: Record<string, string> };

/** How messages travel; the same for all treatments. */
export interface Transport {
  fromAddress: string;
  messageType: MessageType;
  originationNumber: string;
  senderId: string;
  entityId: string;
  templateId: string;
  /** Seconds as typed. */
  timeToLive: string;
  deliveryUri: string;
  endpointTypes: EndpointTypesElement[];
}

export function emptyTransport(): Transport {
  return {
    fromAddress: "",
    messageType: "PROMOTIONAL",
    originationNumber: "",
    senderId: "",
    entityId: "",
    templateId: "",
    timeToLive: "",
    deliveryUri: "",
    endpointTypes: ["CUSTOM"],
  };
}

const emptyButton: ButtonDraft = { text: "", action: "CLOSE", link: "" };

export function emptyCard(): CardDraft {
  return {
    header: "",
    body: "",
    imageUrl: "",
    textColour: "#111111",
    background: "#ffffff",
    alignment: "LEFT",
    primary: emptyButton,
    secondary: emptyButton,
  };
}

/** The type of the templates that a channel takes; custom channels have none. */
export function templateType(channel: Channel): TemplateType | undefined {
  const types: Record<Channel, TemplateType | undefined> = {
    EMAIL: "EMAIL",
    PUSH: "PUSH",
    SMS: "SMS",
    IN_APP: "INAPP",
    CUSTOM: undefined,
  };
  return types[channel];
}

/** Content for `channel` that is still to be written. */
export function writtenContent(channel: Channel): Content {
  switch (channel) {
    case "EMAIL":
      return { kind: "EMAIL", subject: "", html: "", text: "" };
    case "PUSH":
      return { kind: "PUSH", title: "", body: "", action: "OPEN_APP", url: "", imageUrl: "", silent: false, raw: "" };
    case "SMS":
      return { kind: "SMS", body: "" };
    case "CUSTOM":
      return { kind: "CUSTOM", data: "" };
    case "IN_APP":
      return { kind: "IN_APP", layout: "BOTTOM_BANNER", cards: [emptyCard()], customConfig: {} };
  }
}

/** What a treatment begins with: a template yet to be chosen, where the channel has templates. */
export function emptyContent(channel: Channel): Content {
  return templateType(channel) === undefined ? writtenContent(channel) : { kind: "template", template: "", version: "" };
}

/** Bytes of a custom channel's data. */
const CUSTOM_DATA_MAX = 5 * 1024;

function buttonProblem({ text, action, link }: ButtonDraft): string | undefined {
  return text.trim() !== "" && action !== "CLOSE" && link.trim() === "" ? "Give the button a link, or let it close." : undefined;
}

/** What is still missing; `undefined` when the content is complete. */
export function contentProblem(content: Content): string | undefined {
  switch (content.kind) {
    case "template":
      return content.template === "" ? "Choose a template." : undefined;
    case "EMAIL":
      if (content.subject.trim() === "") return "Give the message a subject.";
      return content.html.trim() === "" && content.text.trim() === "" ? "Write the message." : undefined;
    case "PUSH":
      if (content.raw.trim() !== "") return isJson(content.raw) ? undefined : "The raw payload is not JSON.";
      if (content.title.trim() === "" && content.body.trim() === "" && !content.silent) return "Give the message a title or a text.";
      return content.action !== "OPEN_APP" && content.url.trim() === "" ? "Give the address that a tap opens." : undefined;
    case "SMS":
      return content.body.trim() === "" ? "Write the message." : undefined;
    case "CUSTOM":
      return new TextEncoder().encode(content.data).length > CUSTOM_DATA_MAX ? "The data may have at most 5 KB." : undefined;
    case "IN_APP":
      for (const card of content.cards) {
        if (card.header.trim() === "" && card.body.trim() === "" && card.imageUrl.trim() === "") {
          return "Give every card a heading, a text or a picture.";
        }
        const problem = buttonProblem(card.primary) ?? buttonProblem(card.secondary);
        if (problem !== undefined) return problem;
      }
      return undefined;
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The problem with how messages travel. */
export function transportProblem(channel: Channel, { deliveryUri, endpointTypes, timeToLive }: Transport): string | undefined {
  if (channel === "PUSH" && timeToLive.trim() !== "" && !/^\d+$/.test(timeToLive.trim())) return "Give the time to live in whole seconds.";
  if (channel !== "CUSTOM") return undefined;
  const uri = deliveryUri.trim();
  if (uri === "") return "Give the address of a webhook, or the name of a function.";
  if (uri.includes("://") && !uri.startsWith("https://")) return "A webhook's address begins with https://.";
  return endpointTypes.length === 0 ? "Choose at least one kind of endpoint." : undefined;
}

/** `members` without those that are empty. */
function given<T extends object>(members: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined && (typeof value !== "string" || value.trim() !== "")),
  ) as Partial<T>;
}

function buttonOf({ text, action, link }: ButtonDraft): InAppMessageButton | undefined {
  if (text.trim() === "") return undefined;
  return {
    DefaultConfig: { Text: text, ButtonAction: action, ...(action === "CLOSE" ? {} : { Link: link.trim() }) },
  };
}

function cardOf(card: CardDraft): InAppMessageContent {
  const look = { Alignment: card.alignment, TextColor: card.textColour };
  return given({
    BackgroundColor: card.background,
    HeaderConfig: card.header.trim() === "" ? undefined : { Header: card.header, ...look },
    BodyConfig: card.body.trim() === "" ? undefined : { Body: card.body, ...look },
    ImageUrl: card.imageUrl.trim(),
    PrimaryBtn: buttonOf(card.primary),
    SecondaryBtn: buttonOf(card.secondary),
  });
}

export interface Configuration {
  MessageConfiguration?: MessageConfiguration;
  TemplateConfiguration?: TemplateConfiguration;
}

/** The same message for every push service. `DefaultMessage` would reach people by text message too. */
function pushed(message: Message): MessageConfiguration {
  return { APNSMessage: message, GCMMessage: message, ADMMessage: message, BaiduMessage: message };
}

/** The part of a message that says how it travels. */
function transportOf(channel: Channel, transport: Transport): MessageConfiguration {
  switch (channel) {
    case "EMAIL": {
      const email = given({ FromAddress: transport.fromAddress.trim() });
      return Object.keys(email).length === 0 ? {} : { EmailMessage: email };
    }
    case "SMS":
      return {
        SMSMessage: {
          MessageType: transport.messageType,
          ...given({
            OriginationNumber: transport.originationNumber.trim(),
            SenderId: transport.senderId.trim(),
            EntityId: transport.entityId.trim(),
            TemplateId: transport.templateId.trim(),
          }),
        },
      };
    case "PUSH":
      return transport.timeToLive.trim() === "" ? {} : pushed({ TimeToLive: Number(transport.timeToLive) });
    case "CUSTOM":
    case "IN_APP":
      return {};
  }
}

const templateMembers: Record<Channel, "EmailTemplate" | "PushTemplate" | "SMSTemplate" | "InAppTemplate" | undefined> = {
  EMAIL: "EmailTemplate",
  PUSH: "PushTemplate",
  SMS: "SMSTemplate",
  IN_APP: "InAppTemplate",
  CUSTOM: undefined,
};

/** The wire's content of one treatment. */
export function configurationOf(channel: Channel, content: Content, transport: Transport): Configuration {
  const travel = transportOf(channel, transport);
  switch (content.kind) {
    case "template": {
      const member = templateMembers[channel];
      const version = content.version === "" ? {} : { Version: content.version };
      return {
        ...(member === undefined ? {} : { TemplateConfiguration: { [member]: { Name: content.template, ...version } } }),
        ...(Object.keys(travel).length === 0 ? {} : { MessageConfiguration: travel }),
      };
    }
    case "EMAIL":
      return {
        MessageConfiguration: {
          EmailMessage: {
            ...travel.EmailMessage,
            Title: content.subject,
            ...given({ HtmlBody: content.html, Body: content.text }),
          },
        },
      };
    case "PUSH":
      return {
        MessageConfiguration: pushed({
          ...travel.GCMMessage,
          ...given({ Title: content.title, Body: content.body, ImageUrl: content.imageUrl.trim(), RawContent: content.raw }),
          Action: content.action,
          ...(content.action === "OPEN_APP" ? {} : { Url: content.url.trim() }),
          ...(content.silent ? { SilentPush: true } : {}),
        }),
      };
    case "SMS":
      return { MessageConfiguration: { SMSMessage: { ...travel.SMSMessage, Body: content.body } } };
    case "CUSTOM":
      return { MessageConfiguration: { CustomMessage: { Data: content.data } } };
    case "IN_APP":
      return {
        MessageConfiguration: {
          InAppMessage: {
            Layout: content.layout,
            Content: content.cards.map(cardOf),
            ...(Object.keys(content.customConfig).length === 0 ? {} : { CustomConfig: content.customConfig }),
          },
        },
      };
  }
}

export function customDeliveryOf(channel: Channel, transport: Transport): CustomDeliveryConfiguration | undefined {
  if (channel !== "CUSTOM") return undefined;
  return { DeliveryUri: transport.deliveryUri.trim(), EndpointTypes: transport.endpointTypes };
}

type Told = Pick<Configuration, "MessageConfiguration" | "TemplateConfiguration">;

/** The channels that a treatment has content for. */
export function channelsOf({ MessageConfiguration: message = {}, TemplateConfiguration: template = {} }: Told): Channel[] {
  const push = [message.APNSMessage, message.GCMMessage, message.ADMMessage, message.BaiduMessage, message.DefaultMessage];
  const has: [Channel, boolean][] = [
    ["EMAIL", message.EmailMessage !== undefined || template.EmailTemplate !== undefined],
    ["SMS", message.SMSMessage !== undefined || template.SMSTemplate !== undefined],
    ["IN_APP", message.InAppMessage !== undefined || template.InAppTemplate !== undefined],
    ["CUSTOM", message.CustomMessage !== undefined],
    ["PUSH", template.PushTemplate !== undefined || push.some((one) => one !== undefined)],
  ];
  const channels = has.filter(([, present]) => present).map(([channel]) => channel);
  return message.DefaultMessage === undefined || channels.includes("SMS") ? channels : [...channels, "SMS"];
}

function buttonDraft(button: InAppMessageButton | undefined): ButtonDraft {
  const config = button?.DefaultConfig;
  if (config === undefined) return emptyButton;
  return { text: config.Text, action: config.ButtonAction, link: config.Link ?? "" };
}

function cardDraft(card: InAppMessageContent): CardDraft {
  const look = card.HeaderConfig ?? card.BodyConfig;
  return {
    header: card.HeaderConfig?.Header ?? "",
    body: card.BodyConfig?.Body ?? "",
    imageUrl: card.ImageUrl ?? "",
    textColour: look?.TextColor ?? "#111111",
    background: card.BackgroundColor ?? "#ffffff",
    alignment: look?.Alignment ?? "LEFT",
    primary: buttonDraft(card.PrimaryBtn),
    secondary: buttonDraft(card.SecondaryBtn),
  };
}

/** The content for `channel` that a stored treatment has. */
export function contentOf(channel: Channel, { MessageConfiguration: message = {}, TemplateConfiguration: templates = {} }: Told): Content {
  const member = templateMembers[channel];
  const template = member === undefined ? undefined : templates[member];
  if (template?.Name !== undefined) return { kind: "template", template: template.Name, version: template.Version ?? "" };
  switch (channel) {
    case "EMAIL": {
      const { Title: subject = "", HtmlBody: html = "", Body: text = "" } = message.EmailMessage ?? {};
      return { kind: "EMAIL", subject, html, text };
    }
    case "PUSH": {
      const push = message.DefaultMessage ?? message.GCMMessage ?? message.APNSMessage ?? message.ADMMessage ?? message.BaiduMessage ?? {};
      return {
        kind: "PUSH",
        title: push.Title ?? "",
        body: push.Body ?? "",
        action: push.Action ?? "OPEN_APP",
        url: push.Url ?? "",
        imageUrl: push.ImageUrl ?? "",
        silent: push.SilentPush ?? false,
        raw: push.RawContent ?? "",
      };
    }
    case "SMS":
      return { kind: "SMS", body: message.SMSMessage?.Body ?? "" };
    case "CUSTOM":
      return { kind: "CUSTOM", data: message.CustomMessage?.Data ?? "" };
    case "IN_APP": {
      const { Layout: layout = "BOTTOM_BANNER", Content: cards = [], Body: body, CustomConfig: customConfig = {} } = message.InAppMessage ?? {};
      const drafts = cards.length > 0 ? cards.map(cardDraft) : [{ ...emptyCard(), body: body ?? "" }];
      return { kind: "IN_APP", layout, cards: drafts, customConfig };
    }
  }
}

/** How a stored campaign's messages travel. */
export function transportFrom(message: MessageConfiguration = {}, delivery?: CustomDeliveryConfiguration): Transport {
  const empty = emptyTransport();
  const sms = message.SMSMessage;
  const timeToLive = (message.DefaultMessage ?? message.GCMMessage ?? message.APNSMessage ?? message.ADMMessage ?? message.BaiduMessage)?.TimeToLive;
  return {
    fromAddress: message.EmailMessage?.FromAddress ?? "",
    messageType: sms?.MessageType ?? empty.messageType,
    originationNumber: sms?.OriginationNumber ?? "",
    senderId: sms?.SenderId ?? "",
    entityId: sms?.EntityId ?? "",
    templateId: sms?.TemplateId ?? "",
    timeToLive: timeToLive === undefined ? "" : String(timeToLive),
    deliveryUri: delivery?.DeliveryUri ?? "",
    endpointTypes: delivery?.EndpointTypes ?? empty.endpointTypes,
  };
}

/** Content in a few words, for summaries. */
export function contentText(content: Content): string {
  switch (content.kind) {
    case "template":
      return content.version === "" ? `Template ${content.template}` : `Template ${content.template}, version ${content.version}`;
    case "EMAIL":
      return `Mail “${content.subject}”`;
    case "PUSH":
      return content.silent && content.title === "" ? "Silent push" : `Push “${content.title === "" ? content.body : content.title}”`;
    case "SMS":
      return `Text message “${content.body}”`;
    case "CUSTOM":
      return content.data.trim() === "" ? "No data" : `Data ${content.data}`;
    case "IN_APP":
      return `In-app “${content.cards[0]?.header ?? content.cards[0]?.body ?? ""}”`;
  }
}
