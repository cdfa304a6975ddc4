import { expect, test } from "vitest";
import { bytes, count, percent, plural, share, signed } from "./numbers";
import { sentence } from "./sentence";
import { ago, dayBefore, duration } from "./time";

test("counts and plurals", () => {
  expect(count(1234567)).toBe("1,234,567");
  expect(count(null)).toBe("–");
  expect(plural(1, "endpoint")).toBe("1 endpoint");
  expect(plural(0, "endpoint")).toBe("0 endpoints");
});

test("rates", () => {
  expect(percent(null)).toBe("–");
  expect(percent(0.1234)).toBe("12.3%");
  expect(percent(1)).toBe("100%");
  expect(signed(0.449)).toBe("+0.4");
  expect(signed(-0.02)).toBe("0");
  expect(share(1, 0)).toBe(0);
  expect(share(5, 4)).toBe(100);
});

test("sizes and times", () => {
  expect(bytes(12)).toBe("12 B");
  expect(bytes(1536)).toBe("1.5 KB");
  expect(duration(0.2)).toBe("under a second");
  expect(duration(95)).toBe("1 min 35 s");
  expect(duration(7260)).toBe("2 h 1 min");
  const now = new Date("2026-03-04T12:00:00Z");
  expect(dayBefore(now, 4)).toBe("2026-02-28");
  expect(ago("2026-03-04T11:55:00Z", now)).toBe("5 min ago");
});

test("texts of the server as sentences", () => {
  expect(sentence("belongs")).toBe("Belongs.");
  expect(sentence("It stopped.")).toBe("It stopped.");
  expect(sentence("")).toBe("");
});
