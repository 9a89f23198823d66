// Draws what the `chart` tag put beside itself as JSON. The text summary and the table are HTML, written by the server.
import { BarChart, LineChart } from 'echarts/charts';
import { AriaComponent, GridComponent, LegendComponent, TooltipComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';

echarts.use([AriaComponent, BarChart, GridComponent, LegendComponent, LineChart, SVGRenderer, TooltipComponent]);

const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const still = matchMedia('(prefers-reduced-motion: reduce)').matches;

function formatter({ unit, currency }) {
  const language = document.documentElement.lang || 'fr';
  if (unit === 'percent') return new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  if (unit === 'money') return new Intl.NumberFormat(language, { style: 'currency', currency, maximumFractionDigits: 0 });
  return new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
}

// Markup with style="" is refused by style-src 'self': tooltips are built as nodes, colours set as properties.
function tooltip(points, numbers) {
  const box = document.createElement('div');
  const heading = document.createElement('p');
  heading.textContent = points[0].axisValueLabel;
  const list = document.createElement('dl');
  for (const point of points) {
    const name = document.createElement('dt');
    const mark = document.createElement('i');
    mark.style.background = point.color;
    name.append(mark, point.seriesName);
    const value = document.createElement('dd');
    value.textContent = point.value === null || point.value === '-' ? '–' : numbers.format(point.value);
    list.append(name, value);
  }
  box.append(heading, list);
  return box;
}

function series(kind, { name, values }, { stacked }) {
  const shared = { name, data: values, type: kind === 'bar' ? 'bar' : 'line', stack: stacked ? 'all' : undefined };
  if (kind === 'bar') return { ...shared, barMaxWidth: 36, itemStyle: { borderRadius: stacked ? 0 : [3, 3, 0, 0] } };
  return { ...shared, symbol: 'circle', symbolSize: 6, showSymbol: values.length < 32, lineStyle: { width: 2.5 },
    areaStyle: stacked ? { opacity: 0.25 } : undefined };
}

function option(data) {
  const numbers = formatter(data);
  const quiet = { color: token('--ink-2'), fontFamily: token('--font-text') };
  return {
    animation: !still,
    color: [1, 2, 3, 4, 5, 6, 7, 8].map((place) => token(`--chart-${place}`)),
    textStyle: quiet,
    grid: { left: 4, right: 12, top: data.series.length > 1 ? 44 : 12, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    legend: { show: data.series.length > 1, type: 'scroll', top: 0, left: 0, icon: 'roundRect', itemWidth: 14, itemHeight: 6,
      textStyle: { ...quiet, color: token('--ink') } },
    tooltip: { trigger: 'axis', className: 'chart-tooltip', confine: true, formatter: (points) => tooltip(points, numbers) },
    xAxis: { type: 'category', data: data.labels, boundaryGap: data.kind === 'bar', axisTick: { show: false }, axisLabel: { ...quiet, hideOverlap: true },
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
