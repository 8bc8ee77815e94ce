/** Chart: figures of several scenarios as bars with their range, drawn to SVG text by ECharts. */

import type { CustomSeriesOption } from 'echarts';
import * as echarts from 'echarts';
import { figure } from './format.ts';
import type { Metric } from './metric.ts';
import type { ScenarioResult } from './results.ts';

/** An SVG element: a set of bars for each scenario, a bar for each subject, a line from least to most. */
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
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif' },
    legend: { top: 0, itemHeight: 10, itemGap: 28, data: names },
    grid: { left: 70, right: 16, top: 44, bottom: 30 },
    xAxis: { type: 'category', data: scenarios.map(({ label }) => label) },
    yAxis: {
      type: logarithmic ? 'log' : 'value',
      ...(logarithmic ? { min: 10 ** Math.floor(Math.log10(least / 2)) } : { min: 0 }),
      axisLabel: { formatter: (value: number) => figure(value, metric.unit) },
    },
    series: [
      ...names.map((name, i) => ({
        type: 'bar' as const,
        name,
        ...GAPS,
        data: spreads[i]!.map((spread) => spread?.median ?? null),
      })),
      ...names.map((name, i): CustomSeriesOption => {
        const data = spreads[i]!.flatMap((spread, x) =>
          spread === undefined ? [] : [[x, spread.min, spread.max]],
        );
        return {
          type: 'custom',
          name,
          z: 3,
          data,
          encode: { x: 0, y: [1, 2] },
          renderItem: (_params, api) => whisker(api, i, names.length),
        };
      }),
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

type RenderItem = NonNullable<CustomSeriesOption['renderItem']>;

/** A line from the least to the most of one bar. */
function whisker(
  api: NonNullable<Parameters<RenderItem>[1]>,
  index: number,
  count: number,
): ReturnType<RenderItem> {
  const offset = api.barLayout({ ...GAPS, count })?.[index]?.offsetCenter ?? 0;
  const [x = 0, low = 0] = api.coord([api.value(0), api.value(1)]);
  const [, high = 0] = api.coord([api.value(0), api.value(2)]);
  const at = x + offset;
  return {
    type: 'line',
    shape: { x1: at, y1: low, x2: at, y2: high },
    style: { stroke: '#333', lineWidth: 1.5 },
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

const GAPS = { barGap: '8%', barCategoryGap: '22%' };
