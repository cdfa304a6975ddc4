/** The rules of an explanation in a marketer's words (`docs/beckon-api.md`, `Explanation`). */
import type { ExplainStep } from "../../api/beckon";
import { channelName } from "../../format/channels";
import { count } from "../../format/numbers";
import { sentence } from "../../format/sentence";
import { instant } from "../../format/time";

type Inputs = ExplainStep["inputs"];

/** What a sentence may draw on besides the step itself. */
export interface Told {
  /** The treatment that the person falls to, by name; `undefined` for the holdout. */
  treatment: string | undefined;
}

interface Rule {
  title: string;
  /** `undefined` leaves it to the server's own words. */
  say: (step: ExplainStep, told: Told) => string | undefined;
}

function text(inputs: Inputs, name: string): string | undefined {
  const value = inputs[name];
  return typeof value === "string" && value !== "" ? value : undefined;
}

function number(inputs: Inputs, name: string): number | undefined {
  const value = inputs[name];
  return typeof value === "number" ? value : undefined;
}

function texts(inputs: Inputs, name: string): string[] {
  const value = inputs[name];
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function list(words: string[], last = "and"): string {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${last} ${words.at(-1) ?? ""}`;
}

/** Channels as sentences name them, the push services as one. */
function channelList(channels: string[]): string {
  const push = ["PUSH", "GCM", "APNS", "APNS_SANDBOX", "APNS_VOIP", "APNS_VOIP_SANDBOX", "ADM", "BAIDU"];
  return list([...new Set(channels.map((channel) => (push.includes(channel) ? "push" : channelName(channel))))]);
}

/** `Attributes.genre` → `genre`. */
function facetName(facet: string): string {
  return facet.replace(/^(Attributes|UserAttributes|Metrics)\./, "");
}

const wants: Record<string, string> = {
  INCLUSIVE: "one of",
  EXCLUSIVE: "none of",
  CONTAINS: "something with",
  BEFORE: "a date before",
  AFTER: "a date after",
  ON: "the day",
  BETWEEN: "a date between",
  NOT_BETWEEN: "no date between",
  EQUAL: "exactly",
  GREATER_THAN: "more than",
  LESS_THAN: "less than",
  GREATER_THAN_OR_EQUAL: "at least",
  LESS_THAN_OR_EQUAL: "at most",
};

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first criterion that keeps somebody out, wherever it stands among groups and source segments. */
function failedFacet(inputs: unknown): string | undefined {
  if (Array.isArray(inputs)) {
    for (const part of inputs) {
      const found = failedFacet(part);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (!isRecord(inputs) || inputs.passed !== false) return undefined;
  const facet = text(inputs, "facet");
  if (facet === undefined) {
    // Where none may hold, what failed is not what is missing.
    if (inputs.include === "NONE" || inputs.type === "NONE" || inputs.sourceType === "NONE") return undefined;
    return failedFacet(inputs.groups) ?? failedFacet(inputs.sources) ?? failedFacet(inputs.criteria) ?? failedFacet(inputs.facets);
  }
  const found = texts(inputs, "found");
  const wanted = texts(inputs, "wanted");
  const operator = text(inputs, "operator") ?? "";
  const has = found.length === 0 ? `has no ${facetName(facet)}` : `has ${facetName(facet)} ${list(found)}`;
  const one = operator === "INCLUSIVE" && wanted.length === 1 ? "" : `${wants[operator] ?? operator.toLowerCase().replaceAll("_", " ")} `;
  return `The person ${has}; the segment wants ${one}${list(wanted, operator === "BETWEEN" || operator === "NOT_BETWEEN" ? "and" : "or")}.`;
}

function cap(step: ExplainStep, what: string): string {
  const most = number(step.inputs, "cap");
  if (most === undefined) return "There is no limit.";
  const had = number(step.inputs, "count") ?? 0;
  return `${count(had)} of at most ${count(most)} messages ${what}.`;
}

function scheduleText({ inputs }: ExplainStep): string | undefined {
  const status = text(inputs, "status");
  const next = text(inputs, "nextRun");
  if (inputs.paused === true) return "The campaign is paused, so nobody is sent anything.";
  if (status === "COMPLETED") return "The campaign is over: nothing more is sent.";
  if (status === "INVALID" || status === "DELETED") return "The campaign cannot run any more.";
  if (inputs.frequency === "EVENT") return "Sent when an event happens that the campaign waits for.";
  if (inputs.frequency === "IN_APP_EVENT") return "Shown by the app when an event happens that the campaign waits for.";
  return next === undefined ? undefined : `The next run is due ${instant(next)}.`;
}

const rules: Record<string, Rule> = {
  SEGMENT: {
    title: "In the segment",
    say: ({ passed, inputs }) => (passed ? "The person belongs to the campaign’s segment." : failedFacet(inputs)),
  },
  REGISTERED: {
    title: "Still known",
    say: ({ passed }) => (passed ? "The endpoint is registered in this project." : "The endpoint was deleted."),
  },
  ACTIVE: {
    title: "Address in use",
    say: ({ passed }) => (passed ? "The endpoint is active." : "The endpoint is marked inactive: messages to it did not arrive, or the app said so."),
  },
  OPT_OUT: {
    title: "Has not opted out",
    say: ({ passed }) => (passed ? "The person has not opted out." : "The person opted out of messages to this endpoint."),
  },
  CHANNEL: {
    title: "Reached by a channel",
    say: ({ inputs }) => {
      const channel = text(inputs, "channel");
      return channel === undefined ? "The endpoint names no channel." : `This endpoint is reached by ${channelList([channel])}.`;
    },
  },
  ADDRESS: {
    title: "Has an address",
    say: ({ inputs }) => {
      const address = text(inputs, "address");
      return address === undefined ? "The endpoint has no address." : `Messages go to ${address}.`;
    },
  },
  CONTENT: {
    title: "Message for this channel",
    say: ({ passed, inputs }) => {
      const channel = text(inputs, "channel");
      if (passed && channel !== undefined) return `There is a message for ${channelList([channel])}.`;
      const covered = texts(inputs, "covered");
      if (covered.length === 0) return "The campaign has no message for any channel.";
      return `The campaign has a message for ${channelList(covered)}, and none for ${channel === undefined ? "an endpoint without a channel" : channelList([channel])}.`;
    },
  },
  TIMEZONE: {
    title: "Time zone",
    say: ({ passed, detail, inputs }) => {
      if (detail === "zones do not decide") return "Does not matter: everyone is reached at the same moment.";
      const zone = text(inputs, "zone");
      if (zone === undefined) return "The campaign goes by everyone’s own clock, and this person’s time zone is unknown.";
      return passed ? `The person’s clock is that of ${zone}.` : `There is no time zone ${zone}.`;
    },
  },
  TURN: {
    title: "Turn of the time zone",
    say: ({ passed, inputs }) => {
      const fires = text(inputs, "fires");
      if (fires === undefined) return "Does not matter: everyone is reached at the same moment.";
      return passed ? `The zone has its turn ${instant(fires)}.` : `The zone had its turn ${instant(fires)}, before the person counted to it.`;
    },
  },
  TREATMENT: {
    title: "Part of this run",
    say: ({ passed }) => (passed ? "This run is for the person’s treatment too." : "The person’s treatment is sent at another time, in runs of its own."),
  },
  COHORT: {
    title: "Treatment or holdout",
    say: ({ passed, inputs }, { treatment }) => {
      const holdout = number(inputs, "holdoutPercent") ?? 0;
      if (!passed) return `Chance put the person into the holdout: ${holdout}% get nothing, to compare with.`;
      const several = Array.isArray(inputs.treatments) && inputs.treatments.length > 1;
      if (several && treatment !== undefined) return `Chance gave the person treatment ${treatment}.`;
      return holdout === 0 ? "Everyone gets the message; there is no holdout." : `The person is not among the ${holdout}% of the holdout.`;
    },
  },
  DUPLICATE_ADDRESS: {
    title: "Address only once",
    say: ({ passed, inputs }) => {
      if (!passed) return undefined;
      return texts(inputs, "others").length === 0
        ? "Nobody else in the segment has this address."
        : "Others have the same address, and this endpoint comes first or is the only one that gets the message.";
    },
  },
  TOTAL_CAP: { title: "Campaign’s limit per person", say: (step) => cap(step, "of this campaign so far") },
  DAILY_CAP: { title: "Daily limit per person", say: (step) => cap(step, "of all campaigns in the last 24 hours") },
  QUIET_TIME: {
    title: "Quiet time",
    say: ({ inputs }) => {
      const start = text(inputs, "start");
      const local = text(inputs, "localTime");
      if (start === undefined) return "There is no quiet time.";
      const range = `quiet time is from ${start} to ${text(inputs, "end") ?? ""}`;
      return local === undefined ? `The person’s time zone is unknown, so quiet time does not hold: ${range}.` : `It is ${local} where the person is; ${range}.`;
    },
  },
  MAXIMUM_DURATION: {
    title: "Longest duration",
    say: ({ inputs }) => {
      const until = text(inputs, "until");
      return until === undefined ? "A run may take as long as it needs." : `A run may send until ${instant(until)}.`;
    },
  },
  HOOK: {
    title: "Hook",
    say: ({ passed, inputs }) => {
      const target = text(inputs, "url") ?? text(inputs, "function");
      if (Object.keys(inputs).length === 0) return "There is no hook.";
      if (passed === false || inputs.called !== false || target === undefined) return undefined;
      return `The hook ${target} may leave the person out or change the message. It was not asked just now.`;
    },
  },
  MESSAGE: {
    title: "Message",
    say: ({ passed, inputs }) => {
      const missing = texts(inputs, "missing");
      if (!passed) return undefined;
      return missing.length === 0 ? "The message can be made." : `The message can be made, but has no value for ${list(missing)}.`;
    },
  },
  SUPPRESSION: {
    title: "Suppression list",
    say: ({ passed }) =>
      passed ? "The address is not on the suppression list." : "The address is on the suppression list: the message counts as sent and goes nowhere.",
  },
  SCHEDULE: { title: "When it runs", say: scheduleText },
};

/** `ENDPOINT_OPT_OUT` or `quietTime` → words. */
function spaced(name: string): string {
  const words = name.replaceAll("_", " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function ruleTitle(rule: string): string {
  return rules[rule]?.title ?? spaced(rule);
}

export function stepText(step: ExplainStep, told: Told): string {
  return rules[step.rule]?.say(step, told) ?? sentence(step.detail);
}

const inputNames: Record<string, string> = {
  cap: "Allowed",
  count: "Had so far",
  called: "Asked just now",
  cohort: "Cohort (of 0 to 99)",
  covered: "Channels with a message",
  found: "The person has",
  holdoutPercent: "Holdout (percent)",
  include: "Groups that must hold",
  others: "Others with the address",
  sources: "Source segments",
  sourceType: "Source segments that must hold",
  type: "Criteria that must hold",
  wanted: "Wanted",
};

/** What the name of an input means. */
export function inputName(name: string): string {
  return inputNames[name] ?? spaced(name);
}
