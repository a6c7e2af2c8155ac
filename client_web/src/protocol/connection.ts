import { io, type Socket } from 'socket.io-client';
import { backoff, systemClock, type Clock } from './clock';
import { Emitter } from './emitter';
import { OFFLINE, ProtocolError, TIMEOUT, unwrap } from './errors';
import type { LinkState } from './link';
import { expiryOf, refreshDelay } from './token';

export interface ConnectionOptions {
  /** A fresh token; called at each connect and before expiry. */
  token: () => Promise<string>;
  /** A UUID kept per browser tab. */
  device: string;
  url?: string;
  clock?: Clock;
}

const ACK_MS = 8_000;
const RETRY_BASE_MS = 500;
const RETRY_CEILING_MS = 2_000;
/** Refusals after which trying again by ourselves cannot help. */
const FINAL = new Set(['forbidden', 'not-found', 'account-suspended', 'account-pending', 'link-invalid', 'revoked']);

interface AnyListeners {
  on(event: string, listener: (payload: unknown) => void): unknown;
  off(event: string, listener: (payload: unknown) => void): unknown;
}

/** What every namespace tells besides its own events. */
interface Farewells {
  revoked: { room?: string; code: string };
}

/** One typed Socket.IO namespace, authenticated, kept alive and acknowledged. */
export class Connection<Events extends Farewells> {
  readonly #socket: Socket;
  readonly #clock: Clock;
  readonly #watchers = new Emitter<{ state: LinkState }>();
  #state: LinkState = 'connecting';
  #attempt = 0;
  #cancel_retry = (): void => undefined;
  #cancel_refresh = (): void => undefined;
  /** Code of the last refusal to connect. */
  refusal: string | null = null;

  constructor(
    namespace: string,
    private readonly options: ConnectionOptions,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#socket = io(`${options.url ?? ''}${namespace}`, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      autoConnect: false,
      forceNew: true,
      reconnectionDelay: RETRY_BASE_MS,
      reconnectionDelayMax: RETRY_CEILING_MS,
      auth: (answer) => {
        void this.#authenticate(answer);
      },
    });
    this.#socket.on('connect', () => {
      this.#connected();
    });
    this.#socket.on('disconnect', (reason) => {
      this.#disconnected(reason);
    });
    this.#socket.on('connect_error', (error) => {
      this.#refused(error);
    });
    this.on('revoked', ({ room, code }) => {
      if (room !== undefined) return;
      this.refusal = code;
      this.#move('refused');
    });
  }

  get state(): LinkState {
    return this.#state;
  }

  open(): void {
    this.refusal = null;
    this.#move('connecting');
    this.#socket.connect();
  }

  close(): void {
    this.#cancel_retry();
    this.#cancel_refresh();
    this.#move('closed');
    this.#socket.disconnect();
    this.#watchers.clear();
  }

  /** Try at once instead of waiting for the backoff (the browser says it is online again). */
  hurry(): void {
    if (this.#state === 'connected' || this.#state === 'closed' || this.#state === 'refused') return;
    this.#cancel_retry();
    this.#socket.disconnect().connect();
  }

  async request<T>(event: string, payload: object, timeout_ms = ACK_MS): Promise<T> {
    if (!this.#socket.connected) throw new ProtocolError(OFFLINE);
    let ack: unknown;
    try {
      ack = await this.#socket.timeout(timeout_ms).emitWithAck(event, payload);
    } catch {
      throw new ProtocolError(TIMEOUT, `${event} was not acknowledged`);
    }
    return unwrap<T>(ack);
  }

  on<K extends keyof Events & string>(event: K, listener: (payload: Events[K]) => void): () => void {
    const socket: AnyListeners = this.#socket;
    const heard = listener as (payload: unknown) => void;
    socket.on(event, heard);
    return () => {
      socket.off(event, heard);
    };
  }

  watch(listener: (state: LinkState) => void): () => void {
    return this.#watchers.on('state', listener);
  }

  #move(state: LinkState): void {
    if (this.#state === state || this.#state === 'closed') return;
    this.#state = state;
    this.#watchers.emit('state', state);
  }

  async #authenticate(answer: (data: object) => void): Promise<void> {
    try {
      const token = await this.options.token();
      this.#schedule_refresh(token);
      answer({ token, device: this.options.device });
    } catch {
      answer({ token: '', device: this.options.device });
    }
  }

  #connected(): void {
    this.#attempt = 0;
    this.#move('connected');
  }

  #disconnected(reason: Socket.DisconnectReason): void {
    this.#cancel_refresh();
    if (this.#state === 'refused' || this.#state === 'closed') return;
    this.#move('disconnected');
    if (reason === 'io server disconnect') this.#retry();
  }

  /** Transport failures are retried by the library; a refusal by the server is ours to judge. */
  #refused(error: Error & { data?: unknown }): void {
    if (this.#socket.active) {
      this.#move('disconnected');
      return;
    }
    const data = error.data;
    const code = typeof data === 'object' && data !== null && 'code' in data ? String(data.code) : 'unavailable';
    this.refusal = code;
    if (FINAL.has(code)) this.#move('refused');
    else this.#retry();
  }

  #retry(): void {
    this.#move('disconnected');
    this.#cancel_retry();
    this.#cancel_retry = this.#clock.after(backoff(this.#attempt++, RETRY_BASE_MS, RETRY_CEILING_MS), () => {
      if (this.#state === 'disconnected') this.#socket.connect();
    });
  }

  #schedule_refresh(token: string): void {
    this.#cancel_refresh();
    const delay = refreshDelay(expiryOf(token), this.#clock.now());
    this.#cancel_refresh = this.#clock.after(delay, () => {
      void this.#refresh();
    });
  }

  /** Replace the token over the live socket; on failure the schedule tries again within seconds. */
  async #refresh(): Promise<void> {
    try {
      const token = await this.options.token();
      await this.request('token', { token });
      this.#schedule_refresh(token);
    } catch {
      if (this.#state === 'connected') this.#schedule_refresh('');
    }
  }
}
