import { expect, test } from "vitest";
import { ago } from "./time";

const now = Date.parse("2026-03-01T12:00:00Z");

test.each([
  ["2026-03-01T12:00:00.400Z", "just now"],
  ["2026-03-01T11:59:59Z", "1 s ago"],
  ["2026-03-01T11:58:59Z", "1 min ago"],
  ["2026-03-01T09:00:00Z", "3 h ago"],
  ["2026-02-27T11:00:00Z", "2 d ago"],
  ["never", "—"],
])("%s is %s", (then, expected) => {
  expect(ago(then, now)).toBe(expected);
});
