import { expect, test } from "vitest";
import type { ExplainStep } from "../../api/beckon";
import { ruleTitle, stepText } from "./rules";

function check(rule: string, passed: boolean, inputs: ExplainStep["inputs"], said: string, detail = "as the server says") {
  expect(stepText({ rule, passed, inputs, detail }, { treatment: "B" })).toBe(said);
}

test("a criterion that keeps somebody out is named wherever it stands", () => {
  const facet = { facet: "Attributes.genre", operator: "INCLUSIVE", wanted: ["crime"], found: ["poetry"], passed: false };
  const group = { passed: false, type: "ALL", sourceType: "ALL", sources: [], criteria: [{ passed: false, facets: [facet] }] };
  const segment = { passed: false, include: "ALL", groups: [{ ...group, passed: true }, group] };
  check("SEGMENT", false, segment, "The person has genre poetry; the segment wants crime.");
  const nested = { passed: false, include: "ALL", groups: [{ passed: false, type: "ALL", sourceType: "ANY", sources: [segment], criteria: [] }] };
  check("SEGMENT", false, nested, "The person has genre poetry; the segment wants crime.");
  const several = { ...facet, wanted: ["crime", "horror"], found: [] };
  check("SEGMENT", false, { ...group, criteria: [{ passed: false, facets: [several] }] }, "The person has no genre; the segment wants one of crime or horror.");
});

test("where none may hold, the server's own words are kept", () => {
  check("SEGMENT", false, { passed: false, include: "NONE", groups: [] }, "Group 1 holds, and none may.", "group 1 holds, and none may");
});

test("rules say what they looked at", () => {
  check("CONTENT", false, { channel: "SMS", covered: ["GCM", "APNS", "EMAIL"] }, "The campaign has a message for push and email, and none for SMS.");
  check("DAILY_CAP", false, { cap: 1, count: 1 }, "1 of at most 1 messages of all campaigns in the last 24 hours.");
  check("TOTAL_CAP", true, { cap: null }, "There is no limit.");
  check("COHORT", true, { holdoutPercent: 20, treatments: [{}, {}] }, "Chance gave the person treatment B.");
  check("COHORT", false, { holdoutPercent: 20, treatments: [{}] }, "Chance put the person into the holdout: 20% get nothing, to compare with.");
  check("QUIET_TIME", false, { start: "22:00", end: "07:00", localTime: "23:10" }, "It is 23:10 where the person is; quiet time is from 22:00 to 07:00.");
  check("TIMEZONE", false, { zone: null }, "The campaign goes by everyone’s own clock, and this person’s time zone is unknown.", "no zone");
  check("MESSAGE", true, { missing: ["User.UserAttributes.FirstName"] }, "The message can be made, but has no value for User.UserAttributes.FirstName.");
});

test("a rule that is not known speaks for itself", () => {
  expect(ruleTitle("MOON_PHASE")).toBe("Moon phase");
  check("MOON_PHASE", true, {}, "It wanes.", "it wanes");
});
