import { expect, test } from "vitest";
import { emptySchedule, fromSchedule, instantOf, labelOf, scheduleProblems, scheduleText, toSchedule, wallClock, zoneLabels } from "./schedule";
import type { ScheduleDraft } from "./schedule";

const now = new Date("2031-03-01T10:00:00Z");

function of(part: Partial<ScheduleDraft>): ScheduleDraft {
  return { ...emptySchedule("DAILY", "UTC"), date: "2031-03-02", time: "09:30", ...part };
}

test("the labels of the server, from west to east", () => {
  expect(zoneLabels).toHaveLength(31);
  expect(zoneLabels[0]).toBe("UTC-11");
  expect(zoneLabels.at(-1)).toBe("UTC+13");
  expect(labelOf(345)).toBe("UTC+05:45");
  expect(labelOf(-60)).toBe("UTC");
});

test.each([
  ["2031-03-01", "09:30", "UTC+02", "2031-03-01T07:30:00.000Z"],
  ["2031-03-01", "00:15", "UTC+05:45", "2031-02-28T18:30:00.000Z"],
  ["2031-03-01", "23:00", "UTC-03", "2031-03-02T02:00:00.000Z"],
])("%s %s in %s is an instant, and back", (date, time, zone, instant) => {
  const found = instantOf(date, time, zone);
  expect(found?.toISOString()).toBe(instant);
  expect(wallClock(found ?? now, zone)).toEqual({ date, time });
});

test.each([
  ["2031-02-30", "09:30"],
  ["2031-03-01", "24:00"],
  ["", "09:30"],
])("%s %s is no time", (date, time) => expect(instantOf(date, time, "UTC")).toBeUndefined());

test("what cannot be is named by field", () => {
  const check = (part: Partial<ScheduleDraft>, want: object) => expect(scheduleProblems(of(part), now)).toEqual(want);
  check({}, {});
  check({ kind: "IMMEDIATE", date: "", time: "" }, {});
  check({ date: "" }, { start: "Give a date and a time." });
  check({ date: "2031-02-01" }, { start: "This time has passed." });
  check({ endDate: "2031-03-02" }, { end: "Give a date and a time, or neither." });
  check({ endDate: "2031-03-02", endTime: "09:30" }, { end: "The end lies before the start." });
  check({ quietStart: "22:00" }, { quiet: "Give both times as HH:MM, or neither." });
  check({ quietStart: "22:00", quietEnd: "07:00" }, {});
  const event = { kind: "EVENT" as const, date: "2031-03-01", time: "10:10" };
  check(event, {
    start: "A campaign that waits for events begins at least 15 minutes from now.",
    filter: "Name at least one event.",
  });
});

test("a filter comes back as it was written", () => {
  const draft = of({
    kind: "EVENT",
    endDate: "2031-04-01",
    endTime: "00:00",
    quietStart: "22:00",
    quietEnd: "07:00",
    filter: {
      type: "ENDPOINT",
      operator: "INCLUSIVE",
      events: ["cart.add"],
      attributes: [{ name: "kind", operator: "CONTAINS", values: ["book"] }],
      metrics: [{ name: "price", operator: "GREATER_THAN", value: "20" }],
    },
  });
  expect(toSchedule(draft)).toEqual({
    StartTime: "2031-03-02T09:30:00.000Z",
    Frequency: "EVENT",
    Timezone: "UTC",
    EndTime: "2031-04-01T00:00:00.000Z",
    QuietTime: { Start: "22:00", End: "07:00" },
    EventFilter: {
      FilterType: "ENDPOINT",
      Dimensions: {
        EventType: { DimensionType: "INCLUSIVE", Values: ["cart.add"] },
        Attributes: { kind: { AttributeType: "CONTAINS", Values: ["book"] } },
        Metrics: { price: { ComparisonOperator: "GREATER_THAN", Value: 20 } },
      },
    },
  });
  expect(fromSchedule(toSchedule(draft))).toEqual(draft);
});

test("schedules in words", () => {
  expect(scheduleText(of({ kind: "IMMEDIATE" }))).toBe("At once");
  expect(scheduleText(of({ zone: "UTC+02", localTime: true }))).toBe("Every day from 2031-03-02 09:30 (UTC+02), in everyone's own time");
});
