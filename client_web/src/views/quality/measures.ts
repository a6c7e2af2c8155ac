import type { QualityMinute } from '../../api/quality';
import type { Reading } from '../../call/history';
import type { MessageKey } from '../../i18n/index.svelte';
import type { PlotSeries } from '../../ui/plot';

/** What a plot of a link can show. */
export const MEASURES = ['score', 'loss', 'rtt', 'jitter', 'bitrate', 'height', 'freezes'] as const;
export type Measure = (typeof MEASURES)[number];
/** Those that a live reading of the server has. */
export const LIVE_MEASURES = [
  'score',
  'loss',
  'rtt',
  'jitter',
  'bitrate',
] as const satisfies readonly Measure[];

/** One moment of a link, live or stored. */
export type Moment = Reading | QualityMinute;

type Words = (key: MessageKey) => string;

/** The lines of a measure over some moments. */
export function seriesOf(measure: Measure, moments: readonly Moment[], words: Words): PlotSeries[] {
  const line = (
    key: MessageKey,
    value: (moment: Moment) => number | null | undefined,
  ): PlotSeries => ({
    label: words(key),
    as: 'line',
    values: moments.map((moment) => rounded(value(moment) ?? null)),
  });
  switch (measure) {
    case 'loss':
      return [
        line('quality.up', (one) => percent(one.loss_up)),
        line('quality.down', (one) => percent(one.loss_down)),
      ];
    case 'bitrate':
      return [
        line('quality.up', (one) => one.kbps_up),
        line('quality.down', (one) => one.kbps_down),
      ];
    case 'height':
      return [
        line('quality.up', (one) => ('height_up' in one ? one.height_up : null)),
        line('quality.down', (one) => ('height_down' in one ? one.height_down : null)),
      ];
    case 'score':
      return [line('quality.measure.score', (one) => one.score)];
    case 'rtt':
      return [line('quality.measure.rtt', (one) => one.rtt_ms)];
    case 'jitter':
      return [line('quality.measure.jitter', (one) => one.jitter_ms)];
    case 'freezes':
      return [line('quality.measure.freezes', (one) => ('freezes' in one ? one.freezes : null))];
  }
}

function percent(ratio: number | null): number | null {
  return ratio === null ? null : ratio * 100;
}

function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 10) / 10;
}
