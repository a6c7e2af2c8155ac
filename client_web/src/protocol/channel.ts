import { apply } from '../state/apply';
import { announced, ephemeralOf, type Ephemeral } from '../state/view';
import { backoff, type Clock } from './clock';
import { Emitter } from './emitter';
import { codeOf, isPassing, ProtocolError } from './errors';
import type { History, Link } from './link';
import { Outbox, type Outgoing } from './outbox';
import { Receipts } from './receipts';
import type { Storage } from './storage';
import { Timeline } from './timeline';
import { expiryOf, refreshDelay } from './token';
import type { IceServer, Joined, Room, RoomEvent, Snapshot } from './types';

export type ChannelState =
  | 'joining'
  | 'waiting'
  | 'joined'
  | 'reconnecting'
  | 'refused'
  | 'removed'
  | 'replaced'
  | 'closed'
  | 'left';

export interface ChannelEvents {
  /** `state`, `snapshot`, `outbox` or `ephemeral` changed. */
  change: undefined;
  /** Each timeline event once, in order, after it was applied. */
  event: RoomEvent;
  /** Joined or joined again; `peer` may be another than before. */
  joined: { peer: string; ice_servers: IceServer[] };
}

export interface ChannelOptions {
  room: string;
  /** A fresh room token; called at each join and before expiry. */
  token: () => Promise<string>;
  link: Link;
  history: History;
  storage: Storage<Outgoing>;
  clock: Clock;
  uuid: () => string;
}

const RESYNC_MS = 30_000;
const PAGE = 500;
/** The lobby asks again by itself, should the admission's one event be lost. */
const KNOCK_MS = 10_000;

const ENDED: Record<string, ChannelState> = {
  'room-closed': 'closed',
  'room-locked': 'refused',
  forbidden: 'removed',
  'not-found': 'removed',
  'link-invalid': 'removed',
};

/** One room over the socket: joined, resynchronised, ordered, with its outbox and receipts. */
export class RoomChannel {
  readonly events = new Emitter<ChannelEvents>();
  readonly #timeline = new Timeline();
  readonly #stops: (() => void)[] = [];
  readonly receipts: Receipts;
  #outbox: Outbox | null = null;
  #state: ChannelState = 'joining';
  #snapshot: Snapshot | null = null;
  #ephemeral = new Map<string, Ephemeral>();
  #joining = false;
  #connection = 0;
  #syncing: Promise<void> | null = null;
  #sync_again = false;
  #attempt = 0;
  readonly #cancel = new Map<'resync' | 'rejoin' | 'token' | 'fill', () => void>();
  peer = '';
  ice_servers: IceServer[] = [];
  lobby: Room | null = null;
  /** Code of the refusal that ended or delayed the channel. */
  code: string | null = null;

  constructor(private readonly options: ChannelOptions) {
    this.receipts = new Receipts(options.room, options.link, options.clock);
  }

  get state(): ChannelState {
    return this.#state;
  }

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  get ephemeral(): ReadonlyMap<string, Ephemeral> {
    return this.#ephemeral;
  }

  get outbox(): Outbox | null {
    return this.#outbox;
  }

  get is_over(): boolean {
    return ['refused', 'removed', 'replaced', 'closed', 'left'].includes(this.#state);
  }

  start(): void {
    const { link, room } = this.options;
    const here = (payload: { room?: string }): boolean => payload.room === room;
    this.#stops.push(
      link.watch((state) => {
        if (state === 'connected') void this.#join_anew();
        else if (state === 'refused') this.#end('removed', 'revoked');
        else if (state === 'disconnected' && !this.is_over) this.#move('reconnecting');
      }),
      link.on('event', (event) => here(event) && this.#take(event)),
      link.on('presence', (presence) => here(presence) && this.#announce(presence.peer, announced(presence))),
      link.on('receipt', (receipt) => here(receipt) && this.#receipt(receipt.person, receipt)),
      link.on('lobby.admitted', (payload) => here(payload) && void this.join()),
      link.on('lobby.refused', (payload) => here(payload) && this.#end('refused', 'forbidden')),
      link.on('revoked', (payload) => here(payload) && this.#end('removed', payload.code)),
    );
    if (link.state === 'connected') void this.join();
  }

  /** Join, or join again after the link came back; failures that pass are retried. */
  async join(): Promise<void> {
    const { link, token } = this.options;
    if (this.#joining || this.is_over) return;
    this.#joining = true;
    this.#stop('rejoin');
    const connection = this.#connection;
    try {
      const room_token = await token();
      // The peer that it was: its media may have outlived the socket.
      const answer = await link.request<Joined>('join', { token: room_token, peer: this.peer || undefined });
      this.#attempt = 0;
      this.#refresh_token_later(room_token);
      if (answer.state === 'waiting') this.#wait(answer.room);
      else await this.#enter(answer);
    } catch (error) {
      this.#join_failed(error);
    } finally {
      this.#joining = false;
      if (connection !== this.#connection && link.state === 'connected') void this.join();
    }
  }

  /** Ask again after `replaced`, `refused` or a failure that ended the channel. */
  async again(): Promise<void> {
    this.#state = 'joining';
    this.code = null;
    this.events.emit('change', undefined);
    await this.join();
  }

  /** A join begun on an earlier connection says nothing about this one. */
  async #join_anew(): Promise<void> {
    this.#connection += 1;
    await this.join();
  }

  /** Leave for good; idempotent. */
  async leave(): Promise<void> {
    const was_in = this.#state === 'joined';
    this.#move('left');
    this.#close();
    if (was_in) await this.request('leave', {}).catch(() => undefined);
  }

  request<T>(event: string, payload: object): Promise<T> {
    return this.options.link.request<T>(event, { room: this.options.room, ...payload });
  }

  /** Everything up to `seq` was on screen: known here at once, told to the room soon. */
  read(seq: number): void {
    const me = this.#snapshot?.me.person;
    if (me === undefined || seq <= (this.#snapshot?.receipts[me]?.read ?? 0)) return;
    this.receipts.read(seq);
    this.#receipt(me, { delivered: seq, read: seq });
  }

  /** Take an event from an acknowledgement as if it had been pushed. */
  acknowledge(event: RoomEvent): void {
    this.#take(event);
  }

  /** Fetch what is missing; calls while one is under way are joined to it. */
  resync(): Promise<void> {
    this.#sync_again = true;
    this.#syncing ??= this.#fetch_all().finally(() => {
      this.#syncing = null;
    });
    return this.#syncing;
  }

  async #enter(answer: Extract<Joined, { state: 'joined' }>): Promise<void> {
    const { snapshot, peer, ice_servers } = answer;
    this.lobby = null;
    if (this.#snapshot) {
      await this.resync();
      if (this.#timeline.seq < snapshot.seq) throw new ProtocolError('unavailable', 'history is behind');
    } else {
      this.#snapshot = snapshot;
      for (const event of this.#timeline.restart(snapshot.seq)) this.#apply(event);
    }
    if (this.is_over) return;
    this.peer = peer;
    this.ice_servers = ice_servers;
    this.#ephemeral = ephemeralOf(snapshot);
    for (const [person, receipt] of Object.entries(snapshot.receipts)) this.#receipt(person, receipt);
    const mine = snapshot.receipts[snapshot.me.person];
    this.receipts.known(mine?.delivered ?? 0, mine?.read ?? 0);
    this.receipts.delivered(this.#timeline.seq);
    this.#open_outbox(snapshot.me.person);
    this.code = null;
    this.#move('joined');
    this.#resync_later();
    this.events.emit('joined', { peer, ice_servers });
  }

  #open_outbox(person: string): void {
    const { room, link, storage, clock, uuid } = this.options;
    if (this.#outbox) {
      this.#outbox.retry();
      return;
    }
    this.#outbox = new Outbox({
      room,
      person,
      link,
      storage,
      clock,
      uuid,
      acknowledged: (event) => {
        this.#take(event);
      },
      changed: () => {
        this.events.emit('change', undefined);
      },
    });
    const outbox = this.#outbox;
    void outbox.load().then(
      () => {
        for (const message of this.#snapshot?.messages ?? []) if (message.client_id) outbox.seen(message.client_id);
        outbox.flush();
      },
      () => undefined,
    );
  }

  #wait(room: Room): void {
    this.lobby = room;
    this.#move('waiting');
    this.#schedule('rejoin', KNOCK_MS, () => void this.join());
  }

  #join_failed(error: unknown): void {
    if (this.is_over) return;
    const code = codeOf(error);
    const end = ENDED[code];
    if (end) {
      this.#end(end, code);
      return;
    }
    this.code = code;
    this.events.emit('change', undefined);
    if (this.options.link.state !== 'connected') return;
    const delay = isPassing(error) ? backoff(this.#attempt++, 500, 8_000) : 8_000;
    this.#schedule('rejoin', delay, () => void this.join());
  }

  #take(event: RoomEvent): void {
    const ready = this.#timeline.take(event);
    if (!this.#snapshot) return;
    for (const next of ready) this.#apply(next);
    if (ready.length > 0) this.#changed_timeline();
    if (this.#timeline.has_gap) void this.resync();
  }

  #apply(event: RoomEvent): void {
    if (!this.#snapshot) return;
    this.#snapshot = apply(this.#snapshot, event);
    if (event.type === 'presence.left') this.#ephemeral.delete(event.data.peer);
    if (event.type === 'message.posted' && event.client_id) this.#outbox?.seen(event.client_id);
    this.events.emit('event', event);
    if (event.type === 'room.closed') this.#end('closed', 'room-closed');
    if (event.type === 'presence.left' && event.data.peer === this.peer) this.#left(event.data.reason);
  }

  /** My own peer ended: another tab took over, or the server lost sight of this one. */
  #left(reason: string): void {
    if (this.#state !== 'joined' || this.#joining) return;
    if (reason === 'replaced') this.#end('replaced', 'replaced');
    else if (reason === 'lost') void this.join();
  }

  #changed_timeline(): void {
    this.receipts.delivered(this.#timeline.seq);
    this.events.emit('change', undefined);
  }

  #announce(peer: string, state: Ephemeral): void {
    this.#ephemeral = new Map(this.#ephemeral).set(peer, state);
    this.events.emit('change', undefined);
  }

  #receipt(person: string, { delivered, read }: { delivered: number; read: number }): void {
    if (!this.#snapshot) return;
    const old = this.#snapshot.receipts[person] ?? { delivered: 0, read: 0 };
    const receipt = { delivered: Math.max(old.delivered, delivered), read: Math.max(old.read, read) };
    this.#snapshot = { ...this.#snapshot, receipts: { ...this.#snapshot.receipts, [person]: receipt } };
    this.events.emit('change', undefined);
  }

  async #fetch_all(): Promise<void> {
    while (this.#sync_again && !this.is_over) {
      this.#sync_again = false;
      try {
        await this.#fetch_pages();
        this.#attempt = 0;
      } catch {
        this.#schedule('fill', backoff(this.#attempt++, 500, 8_000), () => void this.resync());
        return;
      }
    }
  }

  async #fetch_pages(): Promise<void> {
    for (let more = true; more && !this.is_over; ) {
      const before = this.#timeline.seq;
      const page = await this.options.history.events(this.options.room, before, PAGE);
      let is_new = false;
      for (const event of page.events) {
        for (const next of this.#timeline.take(event)) {
          this.#apply(next);
          is_new = true;
        }
      }
      for (const [person, receipt] of Object.entries(page.receipts)) this.#receipt(person, receipt);
      if (is_new) this.#changed_timeline();
      more = page.more && this.#timeline.seq > before;
    }
  }

  #resync_later(): void {
    this.#schedule('resync', RESYNC_MS, () => {
      void this.resync().finally(() => {
        if (this.#state === 'joined') this.#resync_later();
      });
    });
  }

  /** Take over what was granted since the token in use was minted. */
  renew(): Promise<void> {
    return this.#refresh_token();
  }

  #refresh_token_later(token: string): void {
    const { clock } = this.options;
    this.#schedule('token', refreshDelay(expiryOf(token), clock.now()), () => void this.#refresh_token());
  }

  async #refresh_token(): Promise<void> {
    try {
      const token = await this.options.token();
      await this.request('room.token', { token });
      this.#refresh_token_later(token);
    } catch {
      if (this.#state === 'joined') this.#schedule('token', 5_000, () => void this.#refresh_token());
    }
  }

  #schedule(name: 'resync' | 'rejoin' | 'token' | 'fill', delay_ms: number, action: () => void): void {
    this.#stop(name);
    this.#cancel.set(name, this.options.clock.after(delay_ms, action));
  }

  #stop(name: 'resync' | 'rejoin' | 'token' | 'fill'): void {
    this.#cancel.get(name)?.();
    this.#cancel.delete(name);
  }

  #move(state: ChannelState): void {
    if (this.#state === state || this.#state === 'left') return;
    this.#state = state;
    this.events.emit('change', undefined);
  }

  #end(state: ChannelState, code: string): void {
    if (this.#state === 'left' || this.#state === 'closed') return;
    this.code = code;
    for (const name of this.#cancel.keys()) this.#stop(name);
    this.#move(state);
  }

  #close(): void {
    for (const name of this.#cancel.keys()) this.#stop(name);
    for (const stop of this.#stops.splice(0)) stop();
    this.#outbox?.close();
    this.receipts.close();
  }
}
