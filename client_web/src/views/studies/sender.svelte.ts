import { memberRoomAuth } from '../../app/account.svelte';
import { openStorage } from '../../protocol/indexeddb';
import { DocumentsSocket } from '../../upload/link';
import type { UploadRecord, UploadState } from '../../upload/upload';
import { Uploads } from '../../upload/uploads';

interface Sending {
  readonly id: string;
  readonly name: string;
  readonly share: number;
  readonly state: UploadState;
  readonly code: string | null;
}

/** Files on their way into a study's room. */
export class Sender {
  rows = $state.raw<readonly Sending[]>([]);
  #uploads: Uploads | null = null;
  #link: DocumentsSocket | null = null;
  #isOver = false;

  constructor(
    private readonly room: string,
    private readonly person: string,
    private readonly arrived: () => void,
  ) {}

  async add(files: readonly File[]): Promise<void> {
    const uploads = await this.#open();
    if (!this.#isOver) uploads.add(files);
  }

  close(): void {
    this.#isOver = true;
    this.#uploads?.close();
    this.#link?.close();
  }

  async #open(): Promise<Uploads> {
    if (this.#uploads) return this.#uploads;
    const auth = memberRoomAuth();
    this.#link = new DocumentsSocket(() => auth.roomToken(this.room));
    this.#uploads = new Uploads({
      room: this.room,
      person: this.person,
      link: this.#link,
      storage: await openStorage<UploadRecord>('uploads'),
      changed: () => this.#follow(),
    });
    return this.#uploads;
  }

  #follow(): void {
    const before = this.rows.length;
    this.rows = (this.#uploads?.rows ?? []).map(({ record, done, state, code }) => ({
      id: record.client_id,
      name: record.name,
      share: done / record.bytes,
      state,
      code,
    }));
    if (this.rows.length < before) this.arrived(); // what has arrived leaves the list
  }
}
