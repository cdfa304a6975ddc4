import { expect, test } from "vitest";
import { barOf, liftText, points, scaleOf } from "./intervals";

const clear = { difference: 0.1, low: 0.05, high: 0.15 };
const unclear = { difference: 0.01, low: -0.05, high: 0.07 };

test("zero and every interval fit on the scale", () => {
  const scale = scaleOf([clear, unclear]);
  if (scale === undefined) throw new Error("there are intervals");
  expect(scale.from).toBeCloseTo(-0.066);
  expect(scale.to).toBeCloseTo(0.166);
  for (const bar of [barOf(clear, scale), barOf(unclear, scale)]) {
    expect(bar.left).toBeGreaterThanOrEqual(0);
    expect(bar.left + bar.width).toBeLessThanOrEqual(100);
    expect(bar.point).toBeGreaterThan(bar.left);
  }
  expect(barOf(clear, scale).left).toBeGreaterThan(scale.zero);
  expect(barOf(unclear, scale).left).toBeLessThan(scale.zero);
  expect(scaleOf([])).toBeUndefined();
  expect(scaleOf([{ difference: 0, low: 0, high: 0 }])?.zero).toBe(50);
});

test("words say when a difference is not clear", () => {
  const treatment = { id: "0", people: 10, reached: 3, rate: 0.3 };
  expect(liftText({ ...treatment, ...clear }, "opens")).toBe("More people opened a message than in the holdout: +10 points, from +5 to +15 points.");
  expect(liftText({ ...treatment, ...unclear }, "sessions")).toContain("The difference is not clear: from −5 to +7 points");
  expect(liftText({ ...treatment, difference: -0.1, low: -0.2, high: -0.05 }, "purchases")).toContain("Fewer people bought something");
  expect(liftText({ ...treatment, difference: null, low: null, high: null }, "opens")).toContain("nobody to compare");
  expect(points(0.0004)).toBe("0");
});
