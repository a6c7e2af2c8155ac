import { backoff, type Clock } from './clock';
import type { Link } from './link';

const GATHER_MS = 150;

/** Tells the room how far this person has received and read; monotonic, gathered, retried. */
export class Receipts {
  #delivered = 0;
  #read = 0;
  #told_delivered = 0;
  #told_read = 0;
  #attempt = 0;
  #busy = false;
  #closed = false;
  #cancel: (() => void) | null = null;

  constructor(
    private readonly room: string,
    private readonly link: Link,
    private readonly clock: Clock,
  ) {}

  /** What the server already knows, from a snapshot. */
  known(delivered: number, read: number): void {
    this.#told_delivered = Math.max(this.#told_delivered, delivered);
    this.#told_read = Math.max(this.#told_read, read);
  }

  delivered(seq: number): void {
    this.#delivered = Math.max(this.#delivered, seq);
    this.#schedule(GATHER_MS);
  }

  read(seq: number): void {
    this.#read = Math.max(this.#read, seq);
    this.#schedule(GATHER_MS);
  }

  close(): void {
    this.#closed = true;
    this.#cancel?.();
  }

  get #due(): boolean {
    return this.#delivered > this.#told_delivered || this.#read > this.#told_read;
  }

  #schedule(delay_ms: number): void {
    if (this.#cancel || this.#busy || this.#closed || !this.#due) return;
    this.#cancel = this.clock.after(delay_ms, () => {
      this.#cancel = null;
      void this.#tell();
    });
  }

  async #tell(): Promise<void> {
    const { room } = this;
    const delivered = Math.max(this.#delivered, this.#read);
    const read = this.#read;
    this.#busy = true;
    try {
      await this.link.request('receipt', { room, delivered, ...(read > 0 ? { read } : {}) });
      this.known(delivered, read);
      this.#attempt = 0;
    } catch {
      this.#attempt += 1;
    }
    this.#busy = false;
    this.#schedule(this.#attempt > 0 ? backoff(this.#attempt, 1_000, 30_000) : GATHER_MS);
  }
}
