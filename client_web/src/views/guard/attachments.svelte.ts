import { memberRoomAuth } from '../../app/account.svelte';
import { openStorage } from '../../protocol/indexeddb';
import { DocumentsSocket } from '../../upload/link';
import type { UploadRecord, UploadState } from '../../upload/upload';
import { Uploads } from '../../upload/uploads';

/** How the file given with a request gets on. */
export interface Attachment {
  readonly name: string;
  readonly bytes: number;
  readonly done: number;
  readonly state: UploadState;
  readonly code: string | null;
}

interface Transfer {
  readonly uploads: Uploads;
  readonly link: DocumentsSocket;
  readonly file: File;
}

const transfers: Record<string, Transfer | undefined> = {};
let shown = $state.raw<Readonly<Record<string, Attachment>>>({});

/** The file on its way to a room, for as long as this page lives. */
export function attachmentOf(room: string): Attachment | null {
  return shown[room] ?? null;
}

/** Sends a file into the room of a request that was filed already; it goes on in the background. */
export async function attach(room: string, file: File): Promise<void> {
  const auth = memberRoomAuth();
  const link = new DocumentsSocket(() => auth.roomToken(room));
  const storage = await openStorage<UploadRecord>('uploads');
  const uploads = new Uploads({
    room,
    person: auth.me.person,
    link,
    storage,
    changed: () => follow(room),
  });
  transfers[room] = { uploads, link, file };
  uploads.add([file]);
}

/** Tries a failed file again. */
export function retryAttachment(room: string): void {
  transfers[room]?.uploads.rows[0]?.resume();
}

function follow(room: string): void {
  const transfer = transfers[room];
  if (!transfer) return;
  const { uploads, link, file } = transfer;
  const row = uploads.rows[0];
  const { name, size: bytes } = file;
  const now: Attachment = row
    ? { name, bytes, done: row.done, state: row.state, code: row.code }
    : { name, bytes, done: bytes, state: 'done', code: null };
  shown = { ...shown, [room]: now };
  if (row) return;
  transfers[room] = undefined;
  link.close();
}
