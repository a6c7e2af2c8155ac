import { createSubscriber } from 'svelte/reactivity';

const TICK_MS = 1000;
const follow = createSubscriber((update) => {
  const timer = setInterval(update, TICK_MS);
  return () => clearInterval(timer);
});

/** Epoch ms for countdowns: whoever reads it is redrawn each second. */
export function thisSecond(): number {
  follow();
  return Date.now();
}
