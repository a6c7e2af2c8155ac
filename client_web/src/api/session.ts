import type { Credentials } from './client';
import { Problem, problemFrom } from './problem';
import type { SessionAnswer } from './types';

/** A token is renewed this long before it ends, to outlive a slow request. */
const MARGIN_MS = 30_000;

/** Runs `work` alone among the tabs that share the refresh cookie. */
export type Exclusively = <T>(work: () => Promise<T>) => Promise<T>;

export interface SessionOptions {
  readonly send?: typeof fetch;
  readonly now?: () => number;
  readonly exclusively?: Exclusively;
  /** Called when a session that was alive cannot be renewed. */
  readonly onEnded?: () => void;
  readonly onRenewed?: (answer: SessionAnswer) => void;
}

interface Access {
  readonly token: string;
  readonly endsAtMs: number;
}

/** The access token, in memory only, renewed by the HttpOnly cookie: one renewal at a time. */
export class Session implements Credentials {
  #access: Access | null = null;
  #renewal: Promise<string | null> | null = null;

  constructor(private readonly options: SessionOptions = {}) {}

  get isOpen(): boolean {
    return this.#access !== null;
  }

  /** Takes the answer of a login. */
  adopt(answer: SessionAnswer): void {
    const endsAtMs = this.#now() + answer.expires_in * 1000;
    this.#access = { token: answer.access_token, endsAtMs };
  }

  /** Forgets the token; the cookie is the server's to clear. */
  forget(): void {
    this.#access = null;
  }

  async token(): Promise<string | null> {
    const access = this.#access;
    if (access === null) return null;
    if (access.endsAtMs - MARGIN_MS > this.#now()) return access.token;
    return this.refresh();
  }

  async renew(rejected: string): Promise<string | null> {
    const current = this.#access?.token;
    if (current !== undefined && current !== rejected) return current;
    return this.refresh();
  }

  /** A new token by the cookie, or null when there is no session (any more). */
  refresh(): Promise<string | null> {
    this.#renewal ??= this.#exclusively(() => this.#refreshOnce()).finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #refreshOnce(): Promise<string | null> {
    const response = await this.#post();
    if (response.ok) {
      const answer = (await response.json()) as SessionAnswer;
      this.adopt(answer);
      this.options.onRenewed?.(answer);
      return answer.access_token;
    }
    const problem = await problemFrom(response);
    if (problem.status !== 401 && problem.status !== 403) throw problem;
    const wasOpen = this.#access !== null;
    this.#access = null;
    if (wasOpen) this.options.onEnded?.();
    return null;
  }

  async #post(): Promise<Response> {
    const send = this.options.send ?? fetch;
    try {
      return await send('/api/v1/auth/refresh', { method: 'POST', credentials: 'same-origin' });
    } catch (thrown) {
      throw new Problem('offline', { status: 0, detail: String(thrown) });
    }
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return (this.options.exclusively ?? exclusivelyInBrowser)(work);
  }

  #now(): number {
    return (this.options.now ?? Date.now)();
  }
}

/** Two tabs that present one rotating cookie at once would look like its theft. */
function exclusivelyInBrowser<T>(work: () => Promise<T>): Promise<T> {
  // Web Locks exist in secure contexts only; elsewhere tabs take their chance.
  if (typeof navigator === 'undefined' || !('locks' in navigator)) return work();
  return navigator.locks.request('session-refresh', work) as Promise<T>;
}
