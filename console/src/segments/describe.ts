/** Segment criteria as sentences. */
import type { AttributeType, DimensionType, Duration } from "../generated/wire";
import type { Facet } from "./draft";

export const attributeOperators: Record<AttributeType, string> = {
  INCLUSIVE: "is",
  EXCLUSIVE: "is not",
  CONTAINS: "contains",
  BEFORE: "is before",
  AFTER: "is after",
  ON: "is on",
  BETWEEN: "is between",
  NOT_BETWEEN: "is not between",
};

export const setOperators: Record<DimensionType, string> = { INCLUSIVE: "is", EXCLUSIVE: "is not" };

export const metricOperators: Record<string, string> = {
  EQUAL: "equals",
  GREATER_THAN: "is greater than",
  GREATER_THAN_OR_EQUAL: "is at least",
  LESS_THAN: "is less than",
  LESS_THAN_OR_EQUAL: "is at most",
};

export const durations: Record<Duration, string> = {
  HR_24: "24 hours",
  DAY_7: "7 days",
  DAY_14: "14 days",
  DAY_30: "30 days",
};

const demographicNames: Record<string, string> = {
  Channel: "Channel",
  Platform: "Platform",
  AppVersion: "App version",
  Make: "Device make",
  Model: "Device model",
  DeviceType: "Device type",
};

export function demographicName(member: string): string {
  return demographicNames[member] ?? member;
}

function list(values: string[], joint: string): string {
  return values.join(` ${joint} `);
}

/** One facet as a sentence: `plan is gold or platinum`. */
export function describeFacet(facet: Facet): string {
  switch (facet.kind) {
    case "attribute":
    case "userAttribute": {
      const subject = facet.kind === "attribute" ? facet.name : `user's ${facet.name}`;
      const range = facet.operator === "BETWEEN" || facet.operator === "NOT_BETWEEN";
      return `${subject} ${attributeOperators[facet.operator]} ${list(facet.values, range ? "and" : "or")}`;
    }
    case "metric":
      return `${facet.name} ${metricOperators[facet.operator] ?? facet.operator} ${facet.value}`;
    case "demographic":
      return `${demographicName(facet.member)} ${setOperators[facet.operator]} ${list(facet.values, "or")}`;
    case "country":
      return `Country ${setOperators[facet.operator]} ${list(facet.values, "or")}`;
    case "gps":
      return `within ${facet.kilometers} km of ${facet.latitude}, ${facet.longitude}`;
    case "recency":
      return `${facet.recency === "ACTIVE" ? "active" : "not active"} in the last ${durations[facet.duration]}`;
  }
}
