import type { Quality } from '../protocol/types';

/** Readings kept for each device: five minutes of one every three seconds. */
export const READINGS = 100;
const DEVICES = 64;

export interface Reading extends Quality {
  at: number;
}

/** What links were like lately, bounded. */
export class QualityHistory {
  readonly #readings = new Map<string, readonly Reading[]>();

  add(peer: string, at: number, quality: Quality): void {
    const kept = this.#readings.get(peer) ?? [];
    this.#readings.delete(peer);
    this.#readings.set(peer, [...kept.slice(1 - READINGS), { ...quality, at }]);
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > DEVICES && oldest !== undefined) this.#readings.delete(oldest);
  }

  of(peer: string): readonly Reading[] {
    return this.#readings.get(peer) ?? [];
  }
}
