/** An in-app message in the wizard: a layout and its cards. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Textarea from "@cloudscape-design/components/textarea";
import type { Alignment, ButtonAction, Layout } from "../../generated/wire";
import { options } from "../../segments/fields";
import { emptyCard, emptyContent, writtenContent } from "../content";
import type { ButtonDraft, CardDraft, Content } from "../content";
import type { MessageProps } from "./props";
import { SourceChoice } from "./SourceChoice";
import { TemplateChoice } from "./TemplateChoice";
import "./texts-preview.css";

const layouts: Record<Layout, string> = {
  BOTTOM_BANNER: "Banner at the bottom",
  MIDDLE_BANNER: "Banner in the middle",
  TOP_BANNER: "Banner at the top",
  OVERLAYS: "Over the whole screen",
  MOBILE_FEED: "In the app's feed",
  CAROUSEL: "Carousel of several cards",
};

const buttonActions: Record<ButtonAction, string> = { CLOSE: "Closes the message", LINK: "Opens a web page", DEEP_LINK: "Opens a place in the app" };

const alignments: Record<Alignment, string> = { LEFT: "Left", CENTER: "Centre", RIGHT: "Right" };

/** Cards of a carousel. */
const CARDS_MAX = 5;

interface PickProps<T extends string> {
  label: string;
  value: T;
  names: Record<T, string>;
  onChange: (value: T) => void;
}

function Pick<T extends string>({ label, value, names, onChange }: PickProps<T>) {
  return (
    <FormField label={label}>
      <Select
        selectedOption={{ value, label: names[value] }}
        options={options(names)}
        onChange={({ detail }) => onChange(detail.selectedOption.value as T)}
      />
    </FormField>
  );
}

function ButtonFields({ label, button, onChange }: { label: string; button: ButtonDraft; onChange: (button: ButtonDraft) => void }) {
  return (
    <div className="treatment-fields">
      <FormField label={label}>
        <Input placeholder="No button" value={button.text} onChange={({ detail }) => onChange({ ...button, text: detail.value })} />
      </FormField>
      <Pick label="What it does" value={button.action} names={buttonActions} onChange={(action) => onChange({ ...button, action })} />
      {button.action !== "CLOSE" && (
        <FormField label="Link">
          <Input value={button.link} onChange={({ detail }) => onChange({ ...button, link: detail.value })} />
        </FormField>
      )}
    </div>
  );
}

const COLOUR = /^#[0-9a-fA-F]{6}$/;

function CardPreview({ card }: { card: CardDraft }) {
  const look = {
    background: COLOUR.test(card.background) ? card.background : undefined,
    color: COLOUR.test(card.textColour) ? card.textColour : undefined,
    textAlign: card.alignment.toLowerCase() as "left" | "center" | "right",
  };
  return (
    <div className="in-app-card" style={look} role="group" aria-label="Preview of the card">
      {card.header !== "" && <h4>{card.header}</h4>}
      {/^https?:\/\//.test(card.imageUrl) && <img src={card.imageUrl} alt="" referrerPolicy="no-referrer" />}
      {card.body !== "" && <p>{card.body}</p>}
      {[card.primary, card.secondary].map(({ text }, index) =>
        text === "" ? null : (
          <span key={index} className="in-app-button">
            {text}
          </span>
        ),
      )}
    </div>
  );
}

function CardFields({ card, onChange }: { card: CardDraft; onChange: (card: CardDraft) => void }) {
  const set = (part: Partial<CardDraft>) => onChange({ ...card, ...part });
  return (
    <SpaceBetween size="m">
      <FormField label="Heading" stretch>
        <Input value={card.header} onChange={({ detail }) => set({ header: detail.value })} />
      </FormField>
      <FormField label="Text" stretch>
        <Textarea rows={3} value={card.body} onChange={({ detail }) => set({ body: detail.value })} />
      </FormField>
      <ButtonFields label="First button" button={card.primary} onChange={(primary) => set({ primary })} />
      <ExpandableSection headerText="Picture, colours, second button">
        <SpaceBetween size="m">
          <FormField label="Picture" stretch>
            <Input type="url" value={card.imageUrl} onChange={({ detail }) => set({ imageUrl: detail.value })} />
          </FormField>
          <div className="treatment-fields">
            <FormField label="Text colour" constraintText="#RRGGBB">
              <Input value={card.textColour} onChange={({ detail }) => set({ textColour: detail.value })} />
            </FormField>
            <FormField label="Background" constraintText="#RRGGBB">
              <Input value={card.background} onChange={({ detail }) => set({ background: detail.value })} />
            </FormField>
            <Pick label="Alignment" value={card.alignment} names={alignments} onChange={(alignment) => set({ alignment })} />
          </div>
          <ButtonFields label="Second button" button={card.secondary} onChange={(secondary) => set({ secondary })} />
        </SpaceBetween>
      </ExpandableSection>
      {(card.header !== "" || card.body !== "" || card.imageUrl !== "") && <CardPreview card={card} />}
    </SpaceBetween>
  );
}

type InApp = Extract<Content, { kind: "IN_APP" }>;

function Cards({ content, onChange }: { content: InApp; onChange: (content: InApp) => void }) {
  const several = content.layout === "CAROUSEL";
  const setCards = (cards: CardDraft[]) => onChange({ ...content, cards });
  return (
    <SpaceBetween size="l">
      <Pick
        label="Layout"
        value={content.layout}
        names={layouts}
        onChange={(layout) => onChange({ ...content, layout, cards: layout === "CAROUSEL" ? content.cards : content.cards.slice(0, 1) })}
      />
      {content.cards.map((card, index) => (
        <SpaceBetween key={index} size="s">
          {several && (
            <Box variant="h3">
              Card {index + 1}{" "}
              {content.cards.length > 1 && (
                <Button variant="inline-link" ariaLabel={`Remove card ${index + 1}`} onClick={() => setCards(content.cards.filter((_, place) => place !== index))}>
                  Remove
                </Button>
              )}
            </Box>
          )}
          <CardFields card={card} onChange={(next) => setCards(content.cards.map((one, place) => (place === index ? next : one)))} />
        </SpaceBetween>
      ))}
      {several && (
        <Button
          iconName="add-plus"
          disabled={content.cards.length >= CARDS_MAX}
          disabledReason={`A carousel has at most ${CARDS_MAX} cards.`}
          onClick={() => setCards([...content.cards, emptyCard()])}
        >
          Add a card
        </Button>
      )}
    </SpaceBetween>
  );
}

export function InAppMessage({ content, problem, onChange }: MessageProps) {
  const written = content.kind === "IN_APP";
  return (
    <SpaceBetween size="m">
      <SourceChoice written={written} onChange={(write) => onChange(write ? writtenContent("IN_APP") : emptyContent("IN_APP"))} />
      {written ? (
        <>
          {problem !== undefined && <Alert type="error">{problem}</Alert>}
          <Cards content={content} onChange={onChange} />
        </>
      ) : (
        <TemplateChoice type="INAPP" template={content.kind === "template" ? content.template : ""} problem={problem} onChange={onChange} />
      )}
    </SpaceBetween>
  );
}
