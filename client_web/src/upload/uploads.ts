import { systemClock, type Clock } from '../protocol/clock';
import type { Storage } from '../protocol/storage';
import { uuid7 } from '../protocol/uuid';
import type { DocumentsLink } from './link';
import { typeOf } from './kinds';
import { Upload, type UploadRecord } from './upload';

export interface UploadsOptions {
  room: string;
  person: string;
  link: DocumentsLink & { open(): void };
  storage: Storage<UploadRecord>;
  clock?: Clock;
  changed: () => void;
}

/** This person's uploads to one room, and those an earlier page left unfinished. */
export class Uploads {
  rows: Upload[] = [];
  /** Begun before a reload: they go on when the same file is chosen again. */
  interrupted: UploadRecord[] = [];

  constructor(private readonly options: UploadsOptions) {}

  async load(): Promise<void> {
    this.interrupted = await this.options.storage.all(this.#prefix).catch(() => []);
    this.options.changed();
  }

  add(files: Iterable<File>): void {
    this.options.link.open();
    for (const file of files) this.#start(file);
    this.options.changed();
  }

  /** Take a row off the list; what is under way is cancelled. */
  async remove(upload: Upload): Promise<void> {
    this.rows = this.rows.filter((row) => row !== upload);
    await upload.cancel();
    await this.#forget(upload.record.client_id);
  }

  async forget(record: UploadRecord): Promise<void> {
    this.interrupted = this.interrupted.filter((row) => row !== record);
    await this.#forget(record.client_id);
  }

  close(): void {
    for (const row of this.rows) {
      row.pause();
      row.close();
    }
  }

  #start(file: File): void {
    const { link, storage, room } = this.options;
    const kept = this.interrupted.find((record) => isOf(record, file));
    this.interrupted = this.interrupted.filter((record) => record !== kept);
    const record = kept ?? {
      client_id: uuid7(),
      room,
      name: file.name,
      bytes: file.size,
      modified: file.lastModified,
      type: typeOf(file),
      sha256: null,
    };
    const upload = new Upload({
      file,
      record,
      link,
      clock: this.options.clock ?? systemClock,
      changed: () => {
        if (upload.is_over && upload.state !== 'failed') void this.#finished(upload);
        this.options.changed();
      },
      hashed: (hashed) => void storage.put(this.#prefix + hashed.client_id, hashed).catch(() => undefined),
    });
    this.rows = [...this.rows, upload];
    void upload.start();
  }

  async #finished(upload: Upload): Promise<void> {
    this.rows = this.rows.filter((row) => row !== upload);
    await this.#forget(upload.record.client_id);
  }

  async #forget(client_id: string): Promise<void> {
    await this.options.storage.remove(this.#prefix + client_id).catch(() => undefined);
    this.options.changed();
  }

  get #prefix(): string {
    return `${this.options.person}/${this.options.room}/`;
  }
}

function isOf(record: UploadRecord, file: File): boolean {
  return record.name === file.name && record.bytes === file.size && record.modified === file.lastModified;
}
