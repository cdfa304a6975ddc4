import { expect, test } from "vitest";
import { groupSums, outcomeRows, outcomeText } from "./outcomes";
import { smsParts } from "./smsParts";

test("outcomes by group, the most frequent first", () => {
  const outcomes = { HOLDOUT: 3, SUCCESS: 1, QUIET_TIME: 9, IN_DOUBT: 2, HOOK_FAILURE: 4, DAILY_CAP: 0 };
  expect(outcomeRows(outcomes).map(({ outcome }) => outcome)).toEqual(["SUCCESS", "QUIET_TIME", "HOLDOUT", "HOOK_FAILURE", "IN_DOUBT"]);
  expect(groupSums(outcomes)).toEqual({ sent: 1, skipped: 12, failed: 4, inDoubt: 2 });
  expect(outcomeText("SOMETHING_NEW")).toBe("Something new");
});

test.each([
  ["", "GSM", 0],
  ["a".repeat(160), "GSM", 1],
  ["a".repeat(161), "GSM", 2],
  ["€".repeat(81), "GSM", 2],
  ["ж".repeat(70), "UCS2", 1],
  ["ж".repeat(71), "UCS2", 2],
])("parts of a text message", (text, encoding, parts) => {
  expect(smsParts(text)).toMatchObject({ encoding, parts });
});
