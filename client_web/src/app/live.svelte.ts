import { whileVisible } from './loading.svelte';

/** News of a topic is never older than this, whatever became of its notice. */
const REFRESH_MS = 10_000;

/** Calls `listener` when something of the topic changed; use as `$effect(() => onChanged(…))`. */
export function onChanged(_topic: string, listener: () => void): () => void {
  return whileVisible(listener, REFRESH_MS);
}
