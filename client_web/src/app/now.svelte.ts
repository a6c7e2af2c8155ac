const TICK_MS = 30_000;

/** The present for labels such as “in 12 minutes”; moves on by itself. */
let now = $state.raw(new Date());
setInterval(() => (now = new Date()), TICK_MS);

export function currentTime(): Date {
  return now;
}
