/**
 * Chart: figures of several scenarios with their range, drawn to SVG text by ECharts: bars on a linear axis, points on a logarithmic
 * one, where the length of a bar would say nothing.
 */

import type { CustomSeriesOption } from 'echarts';
import * as echarts from 'echarts';
import { figure } from './format.ts';
import type { Metric } from './metric.ts';
import type { ScenarioResult } from './results.ts';

/** An SVG element: a bar or point for each scenario and subject, and a line from least to most. Its axis says what it is. */
export function barChart(scenarios: readonly ScenarioResult[], metric: Metric): string {
  const names = [...new Set(scenarios.flatMap(({ subjects }) => subjects.map(({ name }) => name)))];
  const spreads = names.map((name) =>
    scenarios.map(
      ({ subjects }) => subjects.find((each) => each.name === name)?.spreads[metric.key],
    ),
  );
  const medians = spreads.flat().flatMap((spread) => (spread === undefined ? [] : spread.median));
  const [least, most] = [Math.min(...medians), Math.max(...medians)];
  // Several sizes span orders of magnitude: on a linear axis only the largest would be seen.
  const logarithmic = least > 0 && most / least > 20;

  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 360 });
  chart.setOption({
    animation: false,
    color: names.map(colorOf),
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif', color: GREY },
    legend: {
      top: 0,
      itemHeight: 10,
      itemGap: 28,
      data: names,
      textStyle: { color: GREY },
      itemStyle: { opacity: 1 },
    },
    grid: { left: 70, right: 16, top: 64, bottom: 30 },
    xAxis: {
      type: 'category',
      data: scenarios.map(({ label }) => label),
      axisLabel: { color: GREY },
    },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      name: `${metric.label}, ${logarithmic ? 'logarithmic' : 'linear'}`,
      nameTextStyle: { align: 'left' },
      ...(logarithmic ? { min: 10 ** Math.floor(Math.log10(least / 2)) } : { min: 0 }),
      splitLine: { lineStyle: { color: GREY, opacity: 0.3 } },
      axisLabel: { color: GREY, formatter: (value: number) => figure(value, metric.unit) },
    },
    series: [
      ...names.map((name, i) => ({
        type: 'bar' as const,
        name,
        ...GAPS,
        // The bars stay for their places, and the points are drawn with the ranges.
        ...(logarithmic && { itemStyle: { opacity: 0 }, silent: true }),
        data: spreads[i]!.map((spread) => spread?.median ?? null),
      })),
      ...names.map((name, i): CustomSeriesOption => {
        const data = spreads[i]!.flatMap((spread, x) =>
          spread === undefined ? [] : [[x, spread.min, spread.max, spread.median]],
        );
        return {
          type: 'custom',
          name,
          z: 3,
          data,
          encode: { x: 0, y: [1, 2, 3] },
          renderItem: (_params, api) => mark(api, i, names, logarithmic),
        };
      }),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

/** A line from the least to the most of one figure, and, where there is no bar, a point for its median. */
function mark(
  api: NonNullable<Parameters<RenderItem>[1]>,
  index: number,
  names: readonly string[],
  withPoint: boolean,
): ReturnType<RenderItem> {
  const offset = api.barLayout({ ...GAPS, count: names.length })?.[index]?.offsetCenter ?? 0;
  const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
  const [, high = 0] = api.coord([api.value(0), api.value(2)]);
  const [, median = 0] = api.coord([api.value(0), api.value(3)]);
  const at = x + offset;
  return {
    type: 'group',
    children: [
      {
        type: 'line',
        shape: { x1: at, y1: low, x2: at, y2: high },
        style: { stroke: GREY, lineWidth: 1.5 },
      },
      {
        type: 'circle',
        invisible: !withPoint,
        shape: { cx: at, cy: median, r: 5 },
        style: { fill: colorOf(names[index]!) },
      },
    ],
  };
}

/** The same one for a subject in every chart. */
function colorOf(name: string): string {
  return COLORS[name] ?? '#888888';
}

const COLORS: Readonly<Record<string, string>> = {
  'zeromq-pure/await': '#1f5fbf',
  'zeromq-pure/iterate': '#5b8fdc',
  'zeromq-pure/try': '#3aa6c9',
  'zeromq-pure/batch': '#0b2f6b',
  libzmq: '#e07b26',
  'zeromq.js': '#3f9d4e',
  ceiling: '#9a9a9a',
};

/** Seen on light and on dark. */
const GREY = '#888';

const GAPS = { barGap: '8%', barCategoryGap: '22%' };
