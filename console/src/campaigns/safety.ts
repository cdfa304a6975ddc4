/** The canary and the brake of a campaign while they are edited. */
import type { Safety } from "../api/beckon";
import type { Problems } from "./schedule";

/** Numbers as typed; empty means that this part is off. */
export interface SafetyDraft {
  canaryPercent: string;
  holdMinutes: string;
  hardBounce: string;
  complaint: string;
  providerError: string;
  minimum: string;
  resendInDoubt: boolean;
}

export function emptySafety(): SafetyDraft {
  return {
    canaryPercent: "",
    holdMinutes: "60",
    hardBounce: "",
    complaint: "",
    providerError: "",
    minimum: "100",
    resendInDoubt: false,
  };
}

function brakes(draft: SafetyDraft): boolean {
  return [draft.hardBounce, draft.complaint, draft.providerError].some((text) => text.trim() !== "");
}

/** Whether anything departs from what a campaign has by itself. */
export function isSafe(draft: SafetyDraft): boolean {
  return draft.canaryPercent.trim() !== "" || brakes(draft) || draft.resendInDoubt;
}

const HOLD_MINUTES_MAX = 10_080;
const CANARY_PERCENT_MAX = 50;

function isWhole(text: string, from: number, to: number): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) >= from && Number(text) <= to;
}

export function safetyProblems(draft: SafetyDraft): Problems {
  const found: Problems = {};
  if (draft.canaryPercent.trim() !== "") {
    if (!isWhole(draft.canaryPercent, 1, CANARY_PERCENT_MAX)) found.canaryPercent = `Give a whole percentage from 1 to ${CANARY_PERCENT_MAX}, or leave it empty.`;
    if (!isWhole(draft.holdMinutes, 0, HOLD_MINUTES_MAX)) found.holdMinutes = "Give whole minutes from 0 to 10,080, which are 7 days.";
  }
  for (const field of ["hardBounce", "complaint", "providerError"] as const) {
    const text = draft[field].trim();
    if (text !== "" && !(Number(text) > 0 && Number(text) <= 100)) found[field] = "Give a percentage above 0 and up to 100, or leave it empty.";
  }
  if (brakes(draft) && !isWhole(draft.minimum, 1, 1_000_000_000)) found.minimum = "Give a whole number from 1.";
  return found;
}

export function toSafety(draft: SafetyDraft): Safety {
  const threshold = (text: string) => (text.trim() === "" ? undefined : Number(text));
  return {
    ...(draft.canaryPercent.trim() === ""
      ? {}
      : { canary: { percent: Number(draft.canaryPercent), holdMinutes: Number(draft.holdMinutes) } }),
    ...(brakes(draft)
      ? {
          brake: {
            hardBouncePercent: threshold(draft.hardBounce),
            complaintPercent: threshold(draft.complaint),
            providerErrorPercent: threshold(draft.providerError),
            minimum: Number(draft.minimum),
          },
        }
      : {}),
    resendInDoubt: draft.resendInDoubt,
  };
}

export function fromSafety({ canary, brake, resendInDoubt }: Safety): SafetyDraft {
  const empty = emptySafety();
  const text = (value: number | undefined) => (value === undefined ? "" : String(value));
  return {
    canaryPercent: text(canary?.percent),
    holdMinutes: canary === undefined ? empty.holdMinutes : String(canary.holdMinutes),
    hardBounce: text(brake?.hardBouncePercent),
    complaint: text(brake?.complaintPercent),
    providerError: text(brake?.providerErrorPercent),
    minimum: brake === undefined ? empty.minimum : String(brake.minimum),
    resendInDoubt,
  };
}

/** What is set, in words. */
export function safetyTexts(draft: SafetyDraft): { label: string; value: string }[] {
  const limit = (label: string, text: string) => (text.trim() === "" ? [] : [{ label, value: `${text}%` }]);
  return [
    ...(draft.canaryPercent.trim() === ""
      ? []
      : [{ label: "Canary", value: `${draft.canaryPercent}%, then ${Number(draft.holdMinutes) === 0 ? "until somebody lets it go on" : `${draft.holdMinutes} minutes of waiting`}` }]),
    ...limit("Stops at hard bounces", draft.hardBounce),
    ...limit("Stops at complaints", draft.complaint),
    ...limit("Stops at failures", draft.providerError),
    ...(draft.resendInDoubt ? [{ label: "In doubt", value: "Sent again" }] : []),
  ];
}
