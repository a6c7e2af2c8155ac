import type { MessageKey } from '../../i18n/index.svelte';
import type { Quality } from '../../protocol/types';

export interface Bars {
  /** How many of four bars are lit; 0 before the first measurement. */
  lit: number;
  words: MessageKey;
}

/** Network quality as bars and words: score 0…5 of protocol §5. */
export function barsOf(quality: Pick<Quality, 'score'> | undefined): Bars {
  if (!quality) return { lit: 0, words: 'call.quality.unknown' };
  if (quality.score < 1.5) return { lit: 1, words: 'call.quality.bad' };
  if (quality.score < 2.75) return { lit: 2, words: 'call.quality.poor' };
  if (quality.score < 4) return { lit: 3, words: 'call.quality.fair' };
  return { lit: 4, words: 'call.quality.good' };
}
