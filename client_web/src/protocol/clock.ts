/** Time as a port, so that tests decide how it passes. */
export interface Clock {
  now(): number;
  /** Run `action` once after `delay_ms`; the result cancels it. */
  after(delay_ms: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delay_ms, action) {
    const timer = setTimeout(action, delay_ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/** Exponential backoff with full-range jitter between half and the whole delay, in ms. */
export function backoff(attempt: number, base_ms: number, ceiling_ms: number, random = Math.random): number {
  const delay = Math.min(ceiling_ms, base_ms * 2 ** Math.min(attempt, 16));
  return delay * (0.5 + random() / 2);
}
