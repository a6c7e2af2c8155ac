import { asProblem, type Problem } from '../api/problem';

/** Something fetched for a screen: first nothing, then a value or a problem; reloads keep the old value. */
export class Loading<T> {
  value = $state.raw<T | null>(null);
  problem = $state.raw<Problem | null>(null);
  #latest = 0;

  constructor(private readonly fetch: () => Promise<T>) {}

  /** Fetches again; the newest request wins, whatever order the answers come in. */
  async load(): Promise<void> {
    const mine = ++this.#latest;
    try {
      const value = await this.fetch();
      if (mine !== this.#latest) return;
      this.value = value;
      this.problem = null;
    } catch (thrown) {
      if (mine === this.#latest) this.problem = asProblem(thrown);
    }
  }
}

/** Runs `work` now and then: every `everyMs` while the page is visible, and when it becomes so. */
export function whileVisible(work: () => void, everyMs: number): () => void {
  const run = () => {
    if (document.visibilityState === 'visible') work();
  };
  const timer = setInterval(run, everyMs);
  document.addEventListener('visibilitychange', run);
  addEventListener('online', run);
  return () => {
    clearInterval(timer);
    document.removeEventListener('visibilitychange', run);
    removeEventListener('online', run);
  };
}
