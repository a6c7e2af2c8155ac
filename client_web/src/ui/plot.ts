import type { Options, Series as Drawn } from 'uplot';
import type UPlot from 'uplot';

/** One line of columns or one line of points; a null is a gap. */
export interface PlotSeries {
  label: string;
  values: readonly (number | null)[];
  /** How it is drawn; columns unless told. */
  as?: 'column' | 'line';
}

/** What the canvas cannot take from CSS by itself. */
export interface PlotColours {
  text: string;
  grid: string;
  surface: string;
  series: readonly string[];
}

/** Tones of a plot before they begin anew. */
export const PLOT_TONES = 5;

/** Lines of more points than this show none of them: they would be a caterpillar. */
const POINTS_MAX = 40;
const GROUP = 0.7;
/** Pixels between two labels below, and of one of their characters with some room. */
const SPACE_MIN = 56;
const CHARACTER = 8;
const COUNT_STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
const DASHES = [[], [8, 5], [2, 4], [12, 4, 2, 4], [5, 3]];

/** Data of uPlot: the index of each label, then the series. */
export function plotData(
  labels: readonly string[],
  series: readonly PlotSeries[],
): UPlot.AlignedData {
  return [labels.map((_, index) => index), ...series.map((each) => [...each.values])];
}

/** Options of uPlot for these labels; columns of one label stand beside each other. */
export function plotOptions(
  Plot: typeof UPlot,
  labels: readonly string[],
  series: readonly PlotSeries[],
  colours: PlotColours,
  width: number,
  write: (value: number) => string,
  top: number | undefined,
  height: number,
): Options {
  const columns = series.filter((each) => each.as !== 'line');
  const step = GROUP / Math.max(columns.length, 1);
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1 },
    font: '13px system-ui, sans-serif',
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: {
      x: { time: false, range: [-0.5, Math.max(labels.length, 1) - 0.5] },
      y: { range: (_, __, highest) => [0, top ?? roundUp(highest)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: Math.max(SPACE_MIN, CHARACTER * longest(labels)),
        incrs: [1, 2, 3, 6, 12, 24, 48, 96, 192, 384],
        values: (_, splits) => splits.map((at) => labels[at] ?? ''),
      },
      {
        ...axis,
        size: 56,
        // An axis without increments is not drawn at all.
        incrs: top === undefined ? COUNT_STEPS : [top / 4, top / 2, top],
        values: (_, splits) => splits.map(write),
      },
    ],
    series: [
      {},
      ...series.map((each, index) =>
        drawn(
          Plot,
          each,
          index,
          columns.indexOf(each),
          step,
          columns.length,
          colours,
          labels.length <= POINTS_MAX,
        ),
      ),
    ],
  };
}

function longest(labels: readonly string[]): number {
  return labels.reduce((length, label) => Math.max(length, label.length), 0);
}

function drawn(
  Plot: typeof UPlot,
  series: PlotSeries,
  index: number,
  column: number,
  step: number,
  columns: number,
  colours: PlotColours,
  points: boolean,
): Drawn {
  const tone = colours.series[index % PLOT_TONES] ?? colours.text;
  if (column < 0) {
    return {
      label: series.label,
      stroke: tone,
      width: 2,
      dash: DASHES[index % DASHES.length] ?? [],
      points: { show: points, size: 8, stroke: tone, fill: colours.surface },
    };
  }
  const from = column * step - (columns * step) / 2;
  const paths = Plot.paths.bars?.({
    disp: {
      x0: { unit: 1, values: (u) => [...(u.data[0] ?? [])].map((at) => at + from) },
      size: { unit: 1, values: () => [step * 0.9] },
    },
  });
  return {
    label: series.label,
    fill: tone,
    stroke: tone,
    width: 0,
    points: { show: false },
    ...(paths ? { paths } : {}),
  };
}

/** A round number above the highest value, so that the highest column has air. */
function roundUp(highest: number): number {
  if (!(highest > 0)) return 4;
  const magnitude = 10 ** Math.floor(Math.log10(highest));
  const step = [1, 2, 5, 10].find((each) => each * magnitude > highest) ?? 10;
  return Math.max(step * magnitude, 4);
}
