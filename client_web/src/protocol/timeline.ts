import type { RoomEvent } from './types';

/** Early events kept while a gap is filled; beyond it the furthest are dropped and fetched again. */
const EARLY_LIMIT = 1_000;

/** Orders one room's events: each sequence number comes out once, in order, without gaps. */
export class Timeline {
  readonly #early = new Map<number, RoomEvent>();

  /** Last contiguous number; −1 until `restart` says where the room stands. */
  seq = -1;

  /** Take an event from any source in any order; answer those that are now next in line. */
  take(event: RoomEvent): RoomEvent[] {
    if (event.seq <= this.seq) return [];
    if (event.seq === this.seq + 1 || this.#early.size < EARLY_LIMIT) this.#early.set(event.seq, event);
    return this.#drain();
  }

  /** Whether something later than the next event is already here. */
  get has_gap(): boolean {
    return this.seq >= 0 && this.#early.size > 0;
  }

  /** Continue from a snapshot taken at `seq`; answer early events that follow it directly. */
  restart(seq: number): RoomEvent[] {
    this.seq = seq;
    for (const early of this.#early.keys()) if (early <= seq) this.#early.delete(early);
    return this.#drain();
  }

  #drain(): RoomEvent[] {
    const ready: RoomEvent[] = [];
    for (let next = this.#early.get(this.seq + 1); next; next = this.#early.get(this.seq + 1)) {
      this.#early.delete(next.seq);
      this.seq = next.seq;
      ready.push(next);
    }
    return ready;
  }
}
