import { expect, test } from "vitest";
import { heatRows, isQuietHour } from "./heat";

const cells = [
  { utcHour: 1, localHour: 9, endpoints: 5 },
  { utcHour: 23, localHour: 9, endpoints: 10 },
  { utcHour: 23, localHour: 10, endpoints: 2 },
  { utcHour: 5, localHour: 3, endpoints: 0 },
];

test("rows begin with the first hour of the sweep and show where most people are", () => {
  const rows = heatRows(cells, 22);
  expect(rows.map(({ utcHour, endpoints }) => [utcHour, endpoints])).toEqual([
    [23, 12],
    [1, 5],
  ]);
  expect(rows[0]?.cells).toHaveLength(24);
  expect(rows[0]?.cells[9]).toEqual({ localHour: 9, endpoints: 10, strength: 1 });
  expect(rows[1]?.cells[9]?.strength).toBe(0.5);
  expect(heatRows([])).toEqual([]);
});

test.each([
  [21, false],
  [22, true],
  [3, true],
  [7, true],
  [8, false],
])("hour %i in a quiet time over midnight: %s", (hour, want) => expect(isQuietHour(hour, { Start: "22:30", End: "07:00" })).toBe(want));

test("without quiet time no hour is quiet", () => {
  expect(isQuietHour(3, undefined)).toBe(false);
  expect(isQuietHour(12, { Start: "12:15", End: "12:20" })).toBe(true);
});
