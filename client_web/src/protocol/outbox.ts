import { backoff, type Clock } from './clock';
import { codeOf, isPassing, ProtocolError } from './errors';
import type { Link } from './link';
import type { Storage } from './storage';
import type { RoomEvent } from './types';

export type OutgoingState = 'sending' | 'not-sent';

/** A message that the server has not acknowledged yet. */
export interface Outgoing {
  client_id: string;
  room: string;
  person: string;
  text: string;
  urgent: boolean;
  /** When the person pressed send, ms since the epoch. */
  at: number;
  state: OutgoingState;
  /** Why it was not sent; a passing reason is retried without being asked. */
  code: string | null;
  /** Refused for good: only the person may retry or discard it. */
  refused: boolean;
}

export interface OutboxOptions {
  room: string;
  person: string;
  link: Link;
  storage: Storage<Outgoing>;
  clock: Clock;
  uuid: () => string;
  /** An acknowledged event: it belongs on the timeline. */
  acknowledged: (event: RoomEvent<'message.posted'>) => void;
  changed: () => void;
}

const ACK_MS = 3_000;
const RETRY_BASE_MS = 400;
const RETRY_CEILING_MS = 5_000;

/** Persistent queue of one person's messages to one room: sent one at a time, in order, until acknowledged. */
export class Outbox {
  #rows: Outgoing[] = [];
  #busy = false;
  #attempt = 0;
  #closed = false;
  #cancel_retry = (): void => undefined;

  constructor(private readonly options: OutboxOptions) {}

  get rows(): readonly Outgoing[] {
    return this.#rows;
  }

  /** Take up what an earlier page left behind; refused rows stay refused. */
  async load(): Promise<void> {
    const kept = await this.options.storage.all(`${this.options.person}/${this.options.room}/`);
    const known = new Set(this.#rows.map((row) => row.client_id));
    this.#rows = [...kept.filter((row) => !known.has(row.client_id)), ...this.#rows];
    this.options.changed();
  }

  /** Keep, then send; resolves once it would survive a reload. */
  async send(text: string, urgent = false): Promise<string> {
    const { room, person, clock, uuid } = this.options;
    const row: Outgoing = {
      client_id: uuid(),
      room,
      person,
      text,
      urgent,
      at: clock.now(),
      state: 'sending',
      code: null,
      refused: false,
    };
    this.#rows = [...this.#rows, row];
    this.options.changed();
    await this.#keep(row);
    this.flush();
    return row.client_id;
  }

  /** The person asks again for one message (or, without an id, the link came back for all). */
  retry(client_id?: string): void {
    for (const row of this.#rows) {
      if (client_id === undefined ? row.refused : row.client_id !== client_id) continue;
      this.#replace({ ...row, state: 'sending', code: null, refused: false });
    }
    this.#attempt = 0;
    this.flush();
  }

  async discard(client_id: string): Promise<void> {
    await this.#forget(client_id);
  }

  /** The timeline shows the message: whatever became of its acknowledgement, it is sent. */
  seen(client_id: string): void {
    if (this.#rows.some((row) => row.client_id === client_id)) void this.#forget(client_id);
  }

  /** Start sending unless a send is under way; safe to call at any time. */
  flush(): void {
    if (this.#busy || this.#closed) return;
    this.#cancel_retry();
    void this.#run();
  }

  close(): void {
    this.#closed = true;
    this.#cancel_retry();
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      for (let row = this.#head(); row && !this.#closed; row = this.#head()) {
        if (!(await this.#deliver(row))) break;
      }
    } finally {
      this.#busy = false;
    }
  }

  #head(): Outgoing | undefined {
    return this.#rows.find((row) => !row.refused);
  }

  /** Whether the queue may go on: true when this row is settled, false when it must wait. */
  async #deliver(row: Outgoing): Promise<boolean> {
    const { link, room } = this.options;
    const { client_id, text, urgent } = row;
    try {
      const ack = await link.request<{ event: RoomEvent<'message.posted'> }>(
        'message.send',
        { room, client_id, text, urgent },
        ACK_MS,
      );
      this.#attempt = 0;
      this.options.acknowledged(ack.event);
      await this.#forget(client_id);
      return true;
    } catch (error) {
      if (!this.#rows.some((kept) => kept.client_id === client_id)) return true;
      const refused = !isPassing(error);
      const late = { ...row, state: 'not-sent' as const, code: codeOf(error), refused };
      this.#replace(late);
      if (refused) await this.#keep(late);
      else this.#retry_later(error);
      return refused;
    }
  }

  #retry_later(error: unknown): void {
    const asked = error instanceof ProtocolError ? Number(error.details['retry_after'] ?? 0) * 1000 : 0;
    const delay = Math.max(asked, backoff(this.#attempt++, RETRY_BASE_MS, RETRY_CEILING_MS));
    this.#cancel_retry();
    this.#cancel_retry = this.options.clock.after(delay, () => {
      this.flush();
    });
  }

  #replace(row: Outgoing): void {
    this.#rows = this.#rows.map((old) => (old.client_id === row.client_id ? row : old));
    this.options.changed();
  }

  async #forget(client_id: string): Promise<void> {
    this.#rows = this.#rows.filter((row) => row.client_id !== client_id);
    this.options.changed();
    await this.#quietly(this.options.storage.remove(this.#key(client_id)));
  }

  async #keep(row: Outgoing): Promise<void> {
    await this.#quietly(this.options.storage.put(this.#key(row.client_id), row));
  }

  /** A full or withdrawn disk must not stop the message itself. */
  async #quietly(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch {
      return;
    }
  }

  #key(client_id: string): string {
    return `${this.options.person}/${this.options.room}/${client_id}`;
  }
}
