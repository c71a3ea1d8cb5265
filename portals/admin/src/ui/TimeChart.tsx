//! A chart over time. Loaded when it is needed: `import()` this file, never import it.
import { makeStyles } from "@fluentui/react-components";
import { BarChart, LineChart } from "echarts/charts";
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from "echarts/components";
import { type EChartsType, init, use } from "echarts/core";
import { CanvasRenderer } from "echarts/renderers";
import { useEffect, useRef } from "react";

use([BarChart, LineChart, GridComponent, LegendComponent, TooltipComponent, AriaComponent, CanvasRenderer]);

type Tone = "good" | "warning" | "bad" | "neutral" | "first" | "second";

export interface ChartSeries {
  name: string;
  /** The field of a point that it shows. */
  field: string;
  tone: Tone;
  dashed?: boolean;
}

/** A canvas knows no CSS variables. Each pair keeps its contrast on Fluent's card background. */
const PALETTE: Record<Tone, { light: string; dark: string }> = {
  good: { light: "#107c10", dark: "#54b054" },
  warning: { light: "#bc4b09", dark: "#faa06b" },
  bad: { light: "#c50f1f", dark: "#dc626d" },
  neutral: { light: "#616161", dark: "#adadad" },
  first: { light: "#0f6cbd", dark: "#62abf5" },
  second: { light: "#8764b8", dark: "#c9a5ee" },
};

const INK = { light: { text: "#424242", line: "#e0e0e0" }, dark: { text: "#d6d6d6", line: "#424242" } };

const useStyles = makeStyles({ chart: { width: "100%", height: "260px" } });

// Any record with a time and numbers; the caller's points are one.
type TimePoint = { time: number } & { [field: string]: number | undefined };

export function TimeChart(props: {
  title: string;
  kind: "bars" | "lines";
  unit: string;
  series: ChartSeries[];
  points: readonly { time: number }[];
  dark: boolean;
}) {
  const styles = useStyles();
  const element = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType>(null);

  useEffect(() => {
    if (!element.current) return;
    const created = init(element.current);
    chart.current = created;
    const watch = new ResizeObserver(() => created.resize());
    watch.observe(element.current);
    return () => {
      watch.disconnect();
      created.dispose();
    };
  }, []);

  useEffect(() => {
    chart.current?.setOption(options(props), { replaceMerge: ["series"] });
  }, [props]);

  return <div ref={element} className={styles.chart} role="img" aria-label={props.title} />;
}

function options(props: Parameters<typeof TimeChart>[0]) {
  const mode = props.dark ? "dark" : "light";
  const ink = INK[mode];
  const bars = props.kind === "bars";
  return {
    animation: false,
    aria: { enabled: true },
    grid: { left: 8, right: 12, top: 16, bottom: 32, containLabel: true },
    legend: { bottom: 0, textStyle: { color: ink.text }, itemHeight: 8, itemWidth: 16 },
    tooltip: { trigger: "axis", valueFormatter: (value: unknown) => tooltipText(value, props.unit) },
    xAxis: {
      type: "time",
      axisLabel: { color: ink.text, hideOverlap: true },
      axisLine: { lineStyle: { color: ink.line } },
    },
    yAxis: {
      type: "value",
      minInterval: bars ? 1 : undefined,
      axisLabel: { color: ink.text, formatter: `{value}${props.unit}` },
      splitLine: { lineStyle: { color: ink.line } },
    },
    series: props.series.map((series) => ({
      name: series.name,
      type: bars ? "bar" : "line",
      stack: bars ? "all" : undefined,
      barMaxWidth: 12,
      connectNulls: false,
      lineStyle: { type: series.dashed ? "dashed" : "solid", width: 2 },
      itemStyle: { color: PALETTE[series.tone][mode] },
      data: dataOf(props.points as TimePoint[], series.field),
    })),
  };
}

/** A value with nothing beside it has no line to be seen by: it gets a dot. */
function dataOf(points: TimePoint[], field: string) {
  return points.map((point, index) => {
    const alone = points[index - 1]?.[field] === undefined && points[index + 1]?.[field] === undefined;
    return { value: [point.time, point[field] ?? null], symbolSize: alone ? 5 : 0 };
  });
}

function tooltipText(value: unknown, unit: string): string {
  return typeof value === "number" ? `${Number(value.toPrecision(3))}${unit}` : "—";
}
