//! What gateways did, minute by minute.

import { queryOptions } from "@tanstack/react-query";
import { type components, listAll } from "@tollgate/portal-shared/api";
import { client } from "./client";

export type ReportRow = components["schemas"]["ReportRecordContract"];

export const RANGES = {
  "15m": { title: "Last 15 minutes", minutes: 15, step: 1 },
  "1h": { title: "Last hour", minutes: 60, step: 1 },
  "6h": { title: "Last 6 hours", minutes: 360, step: 1 },
  "24h": { title: "Last 24 hours", minutes: 1440, step: 15 },
} as const;

export type Range = keyof typeof RANGES;

/** One point in time; times in milliseconds, undefined where there were no calls. */
export interface Point {
  time: number;
  success: number;
  blocked: number;
  failed: number;
  other: number;
  gatewayP50: number | undefined;
  gatewayP95: number | undefined;
  backendP50: number | undefined;
  backendP95: number | undefined;
}

export interface Traffic {
  points: Point[];
  total: number;
  blocked: number;
  failed: number;
  /** Means over all calls, in milliseconds. */
  gatewayAverage: number | undefined;
  backendAverage: number | undefined;
}

const REFRESH_MS = 10_000;

export const trafficQuery = (gatewayId: string, range: Range) =>
  queryOptions({
    queryKey: ["reports", "byTime", gatewayId, range],
    queryFn: async () => {
      const { minutes, step } = RANGES[range];
      const span = timeSpan(Date.now(), minutes, step);
      const $filter = byTimeFilter(gatewayId, span.from, span.to);
      const rows = await listAll(($skip) =>
        client.GET("/reports/byTime", { params: { query: { $filter, $skip, interval: `PT${step}M` } } }),
      );
      return trafficOf(rows, span, step);
    },
    refetchInterval: REFRESH_MS,
  });

interface Span {
  from: number;
  to: number;
}

/** Whole intervals up to and with the current one. */
export function timeSpan(now: number, minutes: number, step: number): Span {
  const stepMs = step * 60_000;
  const to = Math.floor(now / stepMs) * stepMs + stepMs;
  return { from: to - minutes * 60_000, to };
}

export function byTimeFilter(gatewayId: string, from: number, to: number): string {
  const literal = (time: number) => `datetime'${new Date(time).toISOString().slice(0, 19)}'`;
  const id = gatewayId.replaceAll("'", "''");
  return `timestamp ge ${literal(from)} and timestamp lt ${literal(to)} and gatewayId eq '${id}'`;
}

/** Rows of the report as a gapless series: an interval that no row tells of had no calls. */
export function trafficOf(rows: ReportRow[], span: Span, step: number): Traffic {
  const stepMs = step * 60_000;
  const byTime = new Map(
    rows.map((row) => [Math.floor(Date.parse(row.timestamp ?? "") / stepMs) * stepMs, row] as const),
  );
  const points: Point[] = [];
  for (let time = span.from; time < span.to; time += stepMs) points.push(pointOf(time, byTime.get(time)));
  const sum = (field: "callCountTotal" | "callCountBlocked" | "callCountFailed") =>
    rows.reduce((total, row) => total + (row[field] ?? 0), 0);
  return {
    points,
    total: sum("callCountTotal"),
    blocked: sum("callCountBlocked"),
    failed: sum("callCountFailed"),
    gatewayAverage: mean(rows, "apiTimeAvg"),
    backendAverage: mean(rows, "serviceTimeAvg"),
  };
}

function pointOf(time: number, row: ReportRow | undefined): Point {
  return {
    time,
    success: row?.callCountSuccess ?? 0,
    blocked: row?.callCountBlocked ?? 0,
    failed: row?.callCountFailed ?? 0,
    other: row?.callCountOther ?? 0,
    gatewayP50: row?.apiTimeP50,
    gatewayP95: row?.apiTimeP95,
    backendP50: row?.serviceTimeP50,
    backendP95: row?.serviceTimeP95,
  };
}

function mean(rows: ReportRow[], field: "apiTimeAvg" | "serviceTimeAvg"): number | undefined {
  let calls = 0;
  let time = 0;
  for (const row of rows) {
    const average = row[field];
    if (average === undefined) continue;
    calls += row.callCountTotal ?? 0;
    time += average * (row.callCountTotal ?? 0);
  }
  return calls > 0 ? time / calls : undefined;
}
