import type { LinkQuality, Measured } from '../../api/televisits';
import type { Quality } from '../../protocol/types';

/** Averages of a link over a call, from the readings that arrive every few seconds. */
export class Measure {
  #count = 0;
  #score = 0;
  #rtt_ms = 0;
  #loss = 0;
  #last: Quality | null = null;

  /** Takes each reading once, however often it is seen. */
  add(reading: Quality): void {
    if (reading === this.#last) return;
    this.#last = reading;
    this.#count += 1;
    this.#score += reading.score;
    this.#rtt_ms += reading.rtt_ms;
    this.#loss += Math.max(reading.loss_up, reading.loss_down);
  }

  /** Null before the first reading. */
  get mean(): Measured | null {
    if (this.#count === 0) return null;
    const mean = (sum: number, most: number) =>
      Math.round(Math.min(Math.max(sum / this.#count, 0), most) * 1000) / 1000;
    return {
      score: mean(this.#score, 5),
      rtt_ms: mean(this.#rtt_ms, 60_000),
      loss: mean(this.#loss, 1),
    };
  }
}

/** What a measured link suggests; the clinician decides. */
export function suggested(measured: Measured | null): LinkQuality | null {
  if (measured === null) return null;
  if (measured.score >= 4) return 'good';
  return measured.score >= 2.75 ? 'fair' : 'poor';
}
