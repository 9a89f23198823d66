// Draws what the `chart` tag put beside itself as JSON. The text summary and the table are HTML, written by the server.
import { BarChart, LineChart, SankeyChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, SankeyChart, SVGRenderer, TooltipComponent]);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;

function formatter({ unit, currency }) {
  const language = document.documentElement.lang || 'fr';
  if (unit === 'percent') return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  if (unit === 'money') return new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 0 });
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
}

// Markup with style="" is refused by style-src 'self': tooltips are built as nodes, colours set as properties.
function told(title, rows) {
  const box = document.createElement('div');
  const heading = document.createElement('p');
  heading.textContent = title;
  const list = document.createElement('dl');
  for (const { color, label, text } of rows) {
    const name = document.createElement('dt');
    const mark = document.createElement('i');
    mark.style.background = color;
    name.append(mark, label);
    const value = document.createElement('dd');
    value.textContent = text;
    list.append(name, value);
  }
  box.append(heading, list);
  return box;
}

function tooltip(points, numbers) {
  const text = (value) => (value === null || value === '-' ? '–' : numbers.format(value));
  return told(points[0].axisValueLabel, points.map((one) => ({ color: one.color, label: one.seriesName, text: text(one.value) })));
}

// A name on both sides of the ribbons has one colour; places keep the two apart.
function sankey({ labels, series }, numbers, colors, quiet) {
  const names = [...new Set([...series.map(({ name }) => name), ...labels])];
  const color = (name) => colors[names.indexOf(name) % colors.length];
  const node = (side, name, position) => ({ name: `${side}:${name}`, itemStyle: { color: color(name) }, label: { position } });
  const said = (name) => name.slice(2);
  return {
    type: 'sankey', left: 4, right: 4, top: 8, bottom: 8, nodeWidth: 14, nodeGap: 10, draggable: false, layoutIterations: 0,
    emphasis: { focus: 'adjacency' },
    label: { ...quiet, color: token('--ink'), formatter: ({ name }) => said(name), overflow: 'truncate', width: 130,
      textBorderColor: token('--card'), textBorderWidth: 3 },
    lineStyle: { color: 'source', opacity: 0.3, curveness: 0.5 },
    data: [
      ...series.filter(({ values }) => values.some((value) => value > 0)).map(({ name }) => node('a', name, 'right')),
      ...labels.filter((name, place) => series.some(({ values }) => values[place] > 0)).map((name) => node('b', name, 'left')),
    ],
    links: series.flatMap(({ name, values }) => values.map((value, place) => ({ source: `a:${name}`, target: `b:${labels[place]}`, value })))
      .filter(({ value }) => value > 0),
    tooltip: { trigger: 'item', formatter: ({ dataType, data, name, value }) => (dataType === 'edge'
      ? told(`${said(data.source)} → ${said(data.target)}`, [{ color: color(said(data.source)), label: '', text: numbers.format(value) }])
      : told(said(name), [{ color: color(said(name)), label: '', text: numbers.format(value) }])) },
  };
}

function series(kind, { name, values, is_edge: isEdge }, { stacked }) {
  const shared = { name, data: values, type: kind === 'bar' ? 'bar' : 'line', stack: stacked ? 'all' : undefined };
  if (kind === 'bar') return { ...shared, barMaxWidth: 36, itemStyle: { borderRadius: stacked ? 0 : [3, 3, 0, 0] } };
  if (isEdge) {
    const color = token('--line-strong');
    return { ...shared, color, showSymbol: false, itemStyle: { color }, lineStyle: { color, width: 1.5, type: 'dashed' } };
  }
  return { ...shared, symbol: 'circle', symbolSize: 6, showSymbol: values.length < 32, lineStyle: { width: 2.5 },
    areaStyle: stacked ? { opacity: 0.25 } : undefined };
}

function option(data) {
  const numbers = formatter(data);
  const quiet = { color: token('--ink-2'), fontFamily: token('--font-text') };
  const colors = [1, 2, 3, 4, 5, 6, 7, 8].map((place) => token(`--chart-${place}`));
  const shared = { animation: !still, color: colors, textStyle: quiet };
  if (data.kind === 'sankey') {
    return { ...shared, tooltip: { className: 'chart-tooltip', confine: true }, series: [sankey(data, numbers, colors, quiet)] };
  }
  return {
    ...shared,
    grid: { left: 4, right: 12, top: data.series.length > 1 ? 44 : 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { show: data.series.length > 1, type: 'scroll', top: 0, left: 0, icon: 'roundRect', itemWidth: 14, itemHeight: 6,
      textStyle: { ...quiet, color: token('--ink') } },
    tooltip: { trigger: 'axis', className: 'chart-tooltip', confine: true, formatter: (points) => tooltip(points, numbers) },
    xAxis: { type: 'category', data: data.labels, boundaryGap: data.kind === 'bar', axisTick: { show: false }, axisLabel: { ...quiet, hideOverlap: true, showMaxLabel: true },
      axisLine: { lineStyle: { color: token('--line-strong') } } },
    yAxis: { type: 'value', axisLabel: { ...quiet, formatter: (value) => numbers.format(value) }, splitLine: { lineStyle: { color: token('--line') } } },
    series: data.series.map((one) => series(data.kind, one, data)),
  };
}

export function draw(place) {
  const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
  const chart = echarts.init(place, null, { renderer: 'svg' });
  chart.setOption(option(data));
  new ResizeObserver(() => chart.resize()).observe(place);
  place.dataset.ready = '1';
}
