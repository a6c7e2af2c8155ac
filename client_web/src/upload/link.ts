import { io, type Socket } from 'socket.io-client';
import { systemClock, type Clock } from '../protocol/clock';
import { Emitter } from '../protocol/emitter';
import { OFFLINE, ProtocolError, TIMEOUT, unwrap } from '../protocol/errors';
import { expiryOf, refreshDelay } from '../protocol/token';

/** What an upload needs of its connection. */
export interface DocumentsLink {
  readonly is_connected: boolean;
  request<T>(event: string, payload: object): Promise<T>;
  /** Told when the connection comes or goes. */
  watch(listener: (is_connected: boolean) => void): () => void;
}

const ACK_MS = 15_000;
const RETRY_MS = 2_000;

/** The `/documents` connection: one of its own, so that nothing queues behind a file. */
export class DocumentsSocket implements DocumentsLink {
  readonly #socket: Socket;
  readonly #events = new Emitter<{ connected: boolean }>();
  #cancel = (): void => undefined;
  #closed = false;

  constructor(
    private readonly token: () => Promise<string>,
    private readonly clock: Clock = systemClock,
    url = '',
  ) {
    this.#socket = io(`${url}/documents`, {
      transports: ['websocket', 'polling'],
      tryAllTransports: true,
      forceNew: true,
      autoConnect: false,
      reconnectionDelay: 500,
      reconnectionDelayMax: 8_000,
      auth: (answer) => {
        void this.#authenticate(answer);
      },
    });
    this.#socket.on('connect', () => {
      this.#events.emit('connected', true);
    });
    this.#socket.on('disconnect', () => {
      this.#events.emit('connected', false);
      if (!this.#socket.active) this.#retry();
    });
    this.#socket.on('connect_error', () => {
      if (!this.#socket.active) this.#retry();
    });
  }

  get is_connected(): boolean {
    return this.#socket.connected;
  }

  /** Connect when first needed; safe to call again. */
  open(): void {
    if (!this.#closed && !this.#socket.active) this.#socket.connect();
  }

  close(): void {
    this.#closed = true;
    this.#cancel();
    this.#socket.disconnect();
    this.#events.clear();
  }

  async request<T>(event: string, payload: object): Promise<T> {
    if (!this.#socket.connected) throw new ProtocolError(OFFLINE);
    let ack: unknown;
    try {
      ack = await this.#socket.timeout(ACK_MS).emitWithAck(event, payload);
    } catch {
      throw new ProtocolError(TIMEOUT);
    }
    return unwrap<T>(ack);
  }

  watch(listener: (is_connected: boolean) => void): () => void {
    return this.#events.on('connected', listener);
  }

  #retry(): void {
    if (this.#closed) return;
    this.#cancel();
    this.#cancel = this.clock.after(RETRY_MS, () => {
      this.open();
    });
  }

  async #authenticate(answer: (data: object) => void): Promise<void> {
    const token = await this.token().catch(() => '');
    this.#refresh_later(token);
    answer({ token });
  }

  #refresh_later(token: string): void {
    if (this.#closed) return;
    this.#cancel();
    this.#cancel = this.clock.after(refreshDelay(expiryOf(token), this.clock.now()), () => void this.#refresh());
  }

  async #refresh(): Promise<void> {
    if (!this.#socket.connected) return;
    try {
      const token = await this.token();
      await this.request('token', { token });
      this.#refresh_later(token);
    } catch {
      this.#refresh_later('');
    }
  }
}
