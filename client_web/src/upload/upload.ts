import { backoff, type Clock } from '../protocol/clock';
import { codeOf, isPassing, ProtocolError } from '../protocol/errors';
import type { DocumentInfo } from '../protocol/types';
import { hashFile } from './hash';
import type { DocumentsLink } from './link';

export const CHUNK_BYTES = 256 * 1024;
export const WINDOW_CHUNKS = 4;

export type UploadState = 'preparing' | 'sending' | 'waiting' | 'paused' | 'checking' | 'done' | 'failed' | 'cancelled';

/** What is kept to go on after a reload, once the person shows the file again. */
export interface UploadRecord {
  client_id: string;
  room: string;
  name: string;
  bytes: number;
  modified: number;
  type: string;
  sha256: string | null;
}

export interface UploadOptions {
  file: Blob;
  record: UploadRecord;
  link: DocumentsLink;
  clock: Clock;
  changed: () => void;
  /** The hash is known: worth keeping. */
  hashed: (record: UploadRecord) => void;
}

/** One file on its way: hashed, begun, sent in a sliding window, resumed at the server's offset, committed. */
export class Upload {
  state: UploadState = 'preparing';
  /** Bytes hashed while preparing, then bytes durable on the server. */
  done = 0;
  code: string | null = null;
  document: DocumentInfo | null = null;
  record: UploadRecord;
  #id: string | null = null;
  #running = false;
  #attempt = 0;
  #cancel_retry = (): void => undefined;
  readonly #abort = new AbortController();
  readonly #stop_watching: () => void;

  constructor(private readonly options: UploadOptions) {
    this.record = options.record;
    this.#stop_watching = options.link.watch((is_connected) => {
      if (is_connected) this.#go();
      else if (this.state === 'sending') this.#move('waiting');
    });
  }

  get is_over(): boolean {
    return this.state === 'done' || this.state === 'failed' || this.state === 'cancelled';
  }

  /** Read by the window after each await, when a pause may have come in between. */
  get #is_sending(): boolean {
    return this.state === 'sending';
  }

  async start(): Promise<void> {
    try {
      if (this.record.sha256 === null) await this.#prepare();
    } catch {
      if (this.state !== 'cancelled') this.#fail('unreadable');
      return;
    }
    if (this.state === 'preparing') this.#move('waiting');
    this.#go();
  }

  pause(): void {
    if (this.is_over || this.state === 'checking') return;
    this.#cancel_retry();
    this.#move('paused');
  }

  resume(): void {
    if (this.state === 'failed') this.code = null;
    else if (this.state !== 'paused') return;
    this.#attempt = 0;
    this.#move(this.record.sha256 === null ? 'preparing' : 'waiting');
    this.#go();
  }

  async cancel(): Promise<void> {
    if (this.is_over && this.state !== 'failed') return;
    this.#abort.abort();
    this.#move('cancelled');
    this.close();
    if (this.#id !== null) await this.options.link.request('abort', { id: this.#id }).catch(() => undefined);
  }

  /** Stop without discarding what the server has; idempotent. */
  close(): void {
    this.#stop_watching();
    this.#cancel_retry();
  }

  async #prepare(): Promise<void> {
    const progress = (done: number): void => {
      this.done = done;
      this.options.changed();
    };
    const sha256 = await hashFile(this.options.file, progress, this.#abort.signal);
    this.record = { ...this.record, sha256 };
    this.done = 0;
    this.options.hashed(this.record);
  }

  #go(): void {
    const may = this.state === 'waiting' && this.record.sha256 !== null;
    if (this.#running || !may || !this.options.link.is_connected) return;
    this.#cancel_retry();
    void this.#run();
  }

  async #run(): Promise<void> {
    this.#running = true;
    try {
      this.#move('sending');
      await this.#begin();
      await this.#send_all();
      if (this.#is_sending) await this.#commit();
    } catch (error) {
      this.#trouble(error);
    } finally {
      this.#running = false;
    }
    if (this.state === 'waiting') this.#retry_later();
  }

  async #begin(): Promise<void> {
    const { client_id, name, bytes, sha256, type } = this.record;
    const answer = await this.options.link.request<{ id: string; offset: number }>('begin', {
      client_id,
      name,
      bytes,
      sha256,
      type,
    });
    this.#id = answer.id;
    this.#advance(answer.offset);
  }

  /** Read and send ahead of the acknowledgements by at most the window: memory stays constant. */
  async #send_all(): Promise<void> {
    const { file, link } = this.options;
    const under_way: Promise<void>[] = [];
    let trouble: unknown = null;
    let offset = this.done;
    while (offset < file.size && this.#is_sending && trouble === null) {
      const data = await file.slice(offset, offset + CHUNK_BYTES).arrayBuffer();
      if (data.byteLength === 0) throw new ProtocolError('unreadable');
      const sent = link
        .request<{ offset: number }>('chunk', { id: this.#id, offset, data })
        .then((ack) => {
          this.#attempt = 0;
          this.#advance(ack.offset);
        })
        .catch((error: unknown) => {
          trouble ??= error;
        });
      under_way.push(sent);
      offset += data.byteLength;
      if (under_way.length >= WINDOW_CHUNKS) await under_way.shift();
    }
    await Promise.all(under_way);
    if (trouble !== null) throw trouble as Error;
  }

  async #commit(): Promise<void> {
    this.#move('checking');
    const { document } = await this.options.link.request<{ document: DocumentInfo }>('commit', { id: this.#id });
    this.document = document;
    this.#move('done');
    this.close();
  }

  #advance(offset: number): void {
    this.done = offset;
    this.options.changed();
  }

  /** A wrong offset or a broken link is begun again where the server stands; a refusal is final. */
  #trouble(error: unknown): void {
    if (this.state === 'cancelled' || this.state === 'paused') return;
    const code = codeOf(error);
    if (isPassing(error) && !(code === 'internal' && this.#attempt > 5)) this.#move('waiting');
    else if (code === 'conflict' && this.#attempt < 5) this.#move('waiting');
    else this.#fail(code);
  }

  #retry_later(): void {
    this.#cancel_retry();
    this.#cancel_retry = this.options.clock.after(backoff(this.#attempt++, 250, 8_000), () => {
      this.#go();
    });
  }

  #fail(code: string): void {
    this.code = code;
    this.#move('failed');
  }

  #move(state: UploadState): void {
    this.state = state;
    this.options.changed();
  }
}
