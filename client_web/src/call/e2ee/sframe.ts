/** SFrame (RFC 9605) with cipher suite 5, AES_256_GCM_SHA512_128, by WebCrypto. */

export type Bytes = Uint8Array<ArrayBuffer>;

const SUITE = 5;
const HASH = 'SHA-512';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
export const TAG_BYTES = 16;

/** A base key's key and salt (§4.4.2). */
export interface FrameKey {
  readonly kid: number;
  readonly key: CryptoKey;
  readonly salt: Bytes;
}

/** What an SFrame header says, and how long it is. */
export interface Header {
  readonly kid: number;
  readonly counter: number;
  readonly length: number;
}

const text = new TextEncoder();

/** Key and salt of a base key under a key id. */
export async function frameKey(kid: number, base: Bytes): Promise<FrameKey> {
  const secret = await crypto.subtle.importKey('raw', base, 'HKDF', false, ['deriveBits']);
  const derive = async (label: string, length: number): Promise<Bytes> => {
    const info = concat(text.encode(`SFrame 1.0 Secret ${label} `), fixed(kid, 8), fixed(SUITE, 2));
    const how = { name: 'HKDF', hash: HASH, salt: new Uint8Array(), info };
    return new Uint8Array(await crypto.subtle.deriveBits(how, secret, 8 * length));
  };
  const [raw, salt] = await Promise.all([derive('key', KEY_BYTES), derive('salt', NONCE_BYTES)]);
  const key = await crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
  return { kid, key, salt };
}

/** Header, ciphertext and tag (§4.4.3); a counter must never be used twice with a key. */
export async function encrypt(
  { kid, key, salt }: FrameKey,
  counter: number,
  metadata: Bytes,
  plaintext: Bytes,
): Promise<Bytes> {
  const header = writeHeader(kid, counter);
  const how = parameters(salt, counter, concat(header, metadata));
  return concat(header, new Uint8Array(await crypto.subtle.encrypt(how, key, plaintext)));
}

/** The plaintext after a header that was read. Throws when anything was altered. */
export async function decrypt(
  { key, salt }: FrameKey,
  header: Header,
  metadata: Bytes,
  sealed: Bytes,
): Promise<Bytes> {
  const how = parameters(salt, header.counter, concat(sealed.slice(0, header.length), metadata));
  return new Uint8Array(await crypto.subtle.decrypt(how, key, sealed.slice(header.length)));
}

/** §4.3: a byte of lengths or small values, then KID and CTR as short as they fit. */
export function writeHeader(kid: number, counter: number): Bytes {
  const [k, id] = field(kid);
  const [c, count] = field(counter);
  return concat(Uint8Array.of((k << 4) | c), id, count);
}

/** The header that begins these bytes, or null when they are too short or count too far. */
export function readHeader(sealed: Bytes): Header | null {
  const [first] = sealed;
  if (first === undefined) return null;
  let length = 1;
  const read = (bits: number): number => {
    if (!(bits & 8)) return bits;
    const end = length + (bits & 7) + 1;
    let value = 0;
    for (; length < end; length++) value = value * 256 + (sealed[length] ?? Number.NaN);
    return value;
  };
  const kid = read(first >> 4);
  const counter = read(first & 15);
  if (!Number.isSafeInteger(kid) || !Number.isSafeInteger(counter)) return null;
  return sealed.length < length + TAG_BYTES ? null : { kid, counter, length };
}

function parameters(salt: Bytes, counter: number, additionalData: Bytes): AesGcmParams {
  const iv = fixed(counter, NONCE_BYTES).map((byte, index) => byte ^ (salt[index] ?? 0));
  return { name: 'AES-GCM', iv, additionalData, tagLength: 8 * TAG_BYTES };
}

function field(value: number): [number, Bytes] {
  if (value < 8) return [value, new Uint8Array()];
  let size = 1;
  while (value >= 256 ** size) size += 1;
  return [8 | (size - 1), fixed(value, size)];
}

/** An unsigned integer in so many bytes, big-endian. */
export function fixed(value: number, size: number): Bytes {
  const bytes = new Uint8Array(size);
  for (let at = size - 1, rest = value; at >= 0 && rest > 0; at--, rest = Math.floor(rest / 256)) {
    bytes[at] = rest % 256;
  }
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
