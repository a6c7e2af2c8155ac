import { ProtocolError } from '../protocol/errors';
import { RunningHash } from './hash';

/** Fetch a document's content from `offset` on, with whatever authorises the person. */
export type FetchContent = (offset: number, signal: AbortSignal) => Promise<Response>;

/** Parts this large become Blobs of their own, which the browser may keep on disk. */
const PART_BYTES = 8 * 1024 * 1024;
const TRIES = 5;

/** The whole document as a Blob whose SHA-256 was seen to match; a broken fetch goes on where it stopped. */
export async function downloadVerified(
  expected: { bytes: number; sha256: string; type: string },
  fetch_content: FetchContent,
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<Blob> {
  const sink = new Sink();
  for (let tries = 1; sink.bytes < expected.bytes; tries++) {
    try {
      await drain(await fetch_content(sink.bytes, signal), sink, progress);
    } catch (error) {
      if (signal.aborted || tries >= TRIES) throw error;
      continue;
    }
    if (sink.bytes < expected.bytes && tries >= TRIES) throw new ProtocolError('unavailable');
  }
  if (sink.hash.hex() !== expected.sha256) throw new ProtocolError('hash-mismatch');
  return sink.blob(expected.type);
}

async function drain(response: Response, sink: Sink, progress: (done: number) => void): Promise<void> {
  if (sink.bytes > 0 && response.status !== 206) throw new ProtocolError('unavailable', 'ranges are not served');
  const reader = response.body?.getReader();
  if (!reader) throw new ProtocolError('unavailable');
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    sink.add(read.value);
    progress(sink.bytes);
  }
}

class Sink {
  readonly hash = new RunningHash();
  bytes = 0;
  #pending: Uint8Array<ArrayBuffer>[] = [];
  #pending_bytes = 0;
  readonly #parts: Blob[] = [];

  add(bytes: Uint8Array<ArrayBuffer>): void {
    this.hash.add(bytes);
    this.bytes += bytes.byteLength;
    this.#pending.push(bytes);
    this.#pending_bytes += bytes.byteLength;
    if (this.#pending_bytes >= PART_BYTES) this.#flush();
  }

  blob(type: string): Blob {
    this.#flush();
    return new Blob(this.#parts, { type });
  }

  #flush(): void {
    this.#parts.push(new Blob(this.#pending));
    this.#pending = [];
    this.#pending_bytes = 0;
  }
}
