import { expect, test } from "vitest";
import { byTimeFilter, timeSpan, trafficOf } from "./reports";

const noon = Date.parse("2026-03-01T12:00:00Z");
const minute = 60_000;

test("a span holds whole intervals up to and with the current one", () => {
  expect(timeSpan(noon + 59_999, 15, 1)).toEqual({ from: noon - 14 * minute, to: noon + minute });
  expect(timeSpan(noon + 14 * minute, 1440, 15)).toEqual({ from: noon - 1425 * minute, to: noon + 15 * minute });
});

test("the filter names the bounds in UTC and the gateway, its quotes doubled", () => {
  expect(byTimeFilter("o'hare", noon, noon + minute)).toBe(
    "timestamp ge datetime'2026-03-01T12:00:00' and timestamp lt datetime'2026-03-01T12:01:00' and gatewayId eq 'o''hare'",
  );
});

test("minutes without a row had no calls, and means weigh calls", () => {
  const rows = [
    { timestamp: "2026-03-01T12:00:00Z", callCountTotal: 3, callCountSuccess: 3, apiTimeAvg: 10, serviceTimeAvg: 8 },
    { timestamp: "2026-03-01T12:02:00Z", callCountTotal: 1, callCountFailed: 1, apiTimeAvg: 50, apiTimeP95: 50 },
  ];
  const traffic = trafficOf(rows, { from: noon, to: noon + 3 * minute }, 1);
  expect(traffic).toMatchObject({ total: 4, failed: 1, blocked: 0, gatewayAverage: 20, backendAverage: 8 });
  expect(traffic.points.map(({ success, failed, gatewayP95 }) => [success, failed, gatewayP95])).toEqual([
    [3, 0, undefined],
    [0, 0, undefined],
    [0, 1, 50],
  ]);
});

test("without calls there is no mean", () => {
  expect(trafficOf([], { from: noon, to: noon + minute }, 1).gatewayAverage).toBeUndefined();
});
