import { Card, Field, makeStyles, Select, Spinner, Subtitle2, Title3, tokens } from "@fluentui/react-components";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { EmptyState, Loaded } from "@tollgate/portal-shared/ui";
import { lazy, Suspense } from "react";
import { RANGES, type Range, type Traffic, trafficQuery } from "../../data/reports";
import { useTheme } from "../../theme";
import { useLayout } from "../../ui/layout";
import type { ChartSeries } from "../../ui/TimeChart";

// ECharts is the largest part of the portal; the page is there before it.
const TimeChart = lazy(() => import("../../ui/TimeChart").then((module) => ({ default: module.TimeChart })));

const useStyles = makeStyles({
  tiles: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(160px, 1fr))",
    gap: tokens.spacingHorizontalM,
  },
  tile: { gap: tokens.spacingVerticalXS },
  charts: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 460px), 1fr))",
    gap: tokens.spacingHorizontalM,
  },
  spinner: { minHeight: "260px" },
});

export function GatewayOverview() {
  const { gatewayId } = useParams({ from: "/shell/gateways/$gatewayId" });
  const { range = "1h" } = useSearch({ from: "/shell/gateways/$gatewayId/" });
  const layout = useLayout();
  const navigate = useNavigate();
  const query = useQuery({ ...trafficQuery(gatewayId, range), placeholderData: keepPreviousData });
  return (
    <div className={layout.stack}>
      <Field label="Time range" orientation="horizontal" style={{ maxWidth: "320px" }}>
        <Select
          value={range}
          onChange={(_, { value }) => navigate({ to: ".", search: { range: value as Range }, replace: true })}
        >
          {Object.entries(RANGES).map(([id, { title }]) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </Select>
      </Field>
      <Loaded query={query} what="the requests">
        {(traffic) => <TrafficView traffic={traffic} step={RANGES[range].step} />}
      </Loaded>
    </div>
  );
}

const REQUESTS: ChartSeries[] = [
  { name: "Success", field: "success", tone: "good" },
  { name: "Blocked", field: "blocked", tone: "warning" },
  { name: "Failed", field: "failed", tone: "bad" },
  { name: "Other", field: "other", tone: "neutral" },
];

const DURATIONS: ChartSeries[] = [
  { name: "Gateway p50", field: "gatewayP50", tone: "first" },
  { name: "Gateway p95", field: "gatewayP95", tone: "first", dashed: true },
  { name: "Backend p50", field: "backendP50", tone: "second" },
  { name: "Backend p95", field: "backendP95", tone: "second", dashed: true },
];

function TrafficView({ traffic, step }: { traffic: Traffic; step: number }) {
  const layout = useLayout();
  const styles = useStyles();
  const { dark } = useTheme();
  const per = step === 1 ? "minute" : `${step} minutes`;
  const charts = [
    { title: `Requests per ${per}`, series: REQUESTS, kind: "bars", unit: "" },
    { title: `Duration by ${per}`, series: DURATIONS, kind: "lines", unit: " ms" },
  ] as const;
  if (traffic.total === 0) {
    return (
      <EmptyState
        title="No requests in this time"
        text="Requests and their durations show here some seconds after a node has served them."
      />
    );
  }
  return (
    <div className={layout.stack}>
      <Tiles traffic={traffic} />
      <div className={styles.charts}>
        {charts.map(({ title, series, kind, unit }) => (
          <Card key={title}>
            <Subtitle2 as="h2">{title}</Subtitle2>
            <Suspense fallback={<Spinner className={styles.spinner} label="Loading the chart…" />}>
              <TimeChart title={title} kind={kind} unit={unit} series={series} points={traffic.points} dark={dark} />
            </Suspense>
          </Card>
        ))}
      </div>
    </div>
  );
}

function Tiles({ traffic }: { traffic: Traffic }) {
  const styles = useStyles();
  const tiles = [
    { title: "Requests", value: traffic.total.toLocaleString() },
    { title: "Failed", value: share(traffic.failed, traffic.total) },
    { title: "Blocked", value: share(traffic.blocked, traffic.total) },
    { title: "Mean duration, gateway and backend", value: milliseconds(traffic.gatewayAverage) },
    { title: "Mean duration, backend alone", value: milliseconds(traffic.backendAverage) },
  ];
  return (
    <div className={styles.tiles}>
      {tiles.map(({ title, value }) => (
        <Card key={title} className={styles.tile}>
          <span>{title}</span>
          <Title3>{value}</Title3>
        </Card>
      ))}
    </div>
  );
}

function share(part: number, total: number): string {
  return `${part.toLocaleString()} (${((100 * part) / total).toFixed(part > 0 ? 1 : 0)} %)`;
}

function milliseconds(value: number | undefined): string {
  if (value === undefined) return "—";
  return `${value < 10 ? value.toFixed(2) : value.toFixed(0)} ms`;
}
