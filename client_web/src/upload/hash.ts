import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const SLICE_BYTES = 1024 * 1024;

/** A SHA-256 that grows with the stream; Web Crypto has none. */
export class RunningHash {
  readonly #hash = sha256.create();

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  hex(): string {
    return bytesToHex(this.#hash.digest());
  }
}

/** SHA-256 of a file read slice by slice; `progress` hears the bytes done, `signal` stops it. */
export async function hashFile(
  file: Blob,
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<string> {
  const hash = new RunningHash();
  for (let offset = 0; offset < file.size; offset += SLICE_BYTES) {
    const slice = await file.slice(offset, offset + SLICE_BYTES).arrayBuffer();
    signal.throwIfAborted();
    hash.add(new Uint8Array(slice));
    progress(Math.min(file.size, offset + SLICE_BYTES));
  }
  return hash.hex();
}
