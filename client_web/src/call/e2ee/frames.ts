import type { Source } from '../../protocol/types';
import { concat, decrypt, encrypt, frameKey, readHeader, type Bytes, type FrameKey } from './sframe';

/** Bytes that the server and the depacketiser need: RFC 6386 §9.1, RFC 6716 §3.1. */
const KEYFRAME_CLEAR = 10;
const DELTA_CLEAR = 3;
const AUDIO_CLEAR = 1;
/** A key that was replaced still opens what is under way. */
const KEYS_KEPT = 4;
/** Frames later than this many counts behind the newest are refused. */
const WINDOW = 2_048;

const text = new TextEncoder();

/** How many of a frame's first bytes stay clear. */
export function clearBytes(source: Source, frame: Bytes): number {
  if (source === 'microphone' || source === 'screen_audio') return AUDIO_CLEAR;
  return isKeyframe(frame) ? KEYFRAME_CLEAR : DELTA_CLEAR;
}

/** Whether a VP8 frame can be decoded by itself (RFC 6386 §9.1). */
export function isKeyframe(frame: Bytes): boolean {
  return frame.length > 0 && ((frame[0] ?? 1) & 1) === 0;
}

/** Seals every frame that this device sends, of all sources, with one key and one counter. */
export class Sealer {
  #key: FrameKey | null = null;
  #counter = 0;

  /** Seal with this key from now on; one that was replaced must never come again. */
  async use(kid: number, base: Bytes): Promise<void> {
    const key = await frameKey(kid, base);
    if (this.#key?.salt.join() === key.salt.join()) return; // the same again keeps its counter
    this.#key = key;
    this.#counter = 0;
  }

  /** The sealed frame, or null while there is no key. */
  async seal(source: Source, frame: Bytes): Promise<Bytes | null> {
    const key = this.#key;
    if (!key) return null;
    const counter = this.#counter++;
    const clear = frame.slice(0, clearBytes(source, frame));
    const rest = frame.slice(clear.length);
    return concat(clear, await encrypt(key, counter, metadata(source, clear), rest));
  }
}

/** Opens the frames of everybody else. */
export class Opener {
  readonly #keys = new Map<string, FrameKey[]>();
  readonly #replays = new Map<string, Replays>();

  async add(peer: string, kid: number, base: Bytes): Promise<void> {
    const key = await frameKey(kid, base);
    const others = (this.#keys.get(peer) ?? []).filter((one) => one.kid !== kid);
    this.#keys.set(peer, [key, ...others].slice(0, KEYS_KEPT));
  }

  forget(peer: string): void {
    this.#keys.delete(peer);
    for (const name of this.#replays.keys()) if (name.startsWith(`${peer} `)) this.#replays.delete(name);
  }

  /** The frame, or null when it is not this peer's, was altered, repeated or has no key here. */
  async open(peer: string, source: Source, frame: Bytes): Promise<Bytes | null> {
    const clear = frame.slice(0, clearBytes(source, frame));
    const sealed = frame.slice(clear.length);
    const header = readHeader(sealed);
    const key = header && this.#keys.get(peer)?.find(({ kid }) => kid === header.kid);
    if (!key) return null;
    try {
      const opened = await decrypt(key, header, metadata(source, clear), sealed);
      return this.#isNew(peer, key, source, header.counter) ? concat(clear, opened) : null;
    } catch {
      return null;
    }
  }

  #isNew(peer: string, key: FrameKey, source: Source, counter: number): boolean {
    const name = `${peer} ${source}`;
    let seen = this.#replays.get(name);
    if (seen?.key !== key && (seen === undefined || key.kid > seen.key.kid)) {
      seen = new Replays(key);
      this.#replays.set(name, seen);
    }
    return seen?.key === key ? seen.accept(counter) : true;
  }
}

/** Counters that were seen under one key, within a window. */
class Replays {
  #newest = -1;
  #seen = new Set<number>();

  constructor(readonly key: FrameKey) {}

  accept(counter: number): boolean {
    if (counter <= this.#newest - WINDOW || this.#seen.has(counter)) return false;
    this.#seen.add(counter);
    this.#newest = Math.max(this.#newest, counter);
    if (this.#seen.size > 2 * WINDOW) {
      this.#seen = new Set([...this.#seen].filter((one) => one > this.#newest - WINDOW));
    }
    return true;
  }
}

function metadata(source: Source, clear: Bytes): Bytes {
  return concat(text.encode(source), Uint8Array.of(0), clear);
}
