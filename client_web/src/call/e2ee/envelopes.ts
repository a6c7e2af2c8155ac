import { concat, fixed, type Bytes } from './sframe';

/** What one device tells another through the server, which can open none of it. */
export interface Letter {
  /** The sender's public key: P-256, raw. */
  readonly key: Bytes;
  readonly sealed?: Sealed;
  /** The newest of the receiver's keys that the sender holds. */
  readonly have?: number;
}

interface Sealed {
  readonly kid: number;
  readonly iv: Bytes;
  readonly box: Bytes;
}

const CURVE = { name: 'ECDH', namedCurve: 'P-256' } as const;
const PUBLIC_BYTES = 65;
export const BASE_BYTES = 32;
const IV_BYTES = 12;

const text = new TextEncoder();

/** This device's key pair, made for one stay in one call. */
export interface Identity {
  readonly room: string;
  readonly peer: string;
  readonly pair: CryptoKeyPair;
  readonly key: Bytes;
}

export async function makeIdentity(room: string, peer: string): Promise<Identity> {
  const pair = await crypto.subtle.generateKey(CURVE, false, ['deriveBits']);
  return { room, peer, pair, key: new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey)) };
}

/** Put a base key in a box that only `peer` can open. */
export async function seal(me: Identity, peer: string, key: Bytes, kid: number, base: Bytes): Promise<Sealed> {
  const [wrap] = await agree(me, peer, key);
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const box = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData: fixed(kid, 8) }, wrap, base);
  return { kid, iv, box: new Uint8Array(box) };
}

/** The base key that `peer` put in a box for us. Throws when it was altered, or is for others. */
export async function open(me: Identity, peer: string, key: Bytes, { kid, iv, box }: Sealed): Promise<Bytes> {
  const [, unwrap] = await agree(me, peer, key);
  const how = { name: 'AES-GCM', iv, additionalData: fixed(kid, 8) };
  const base = new Uint8Array(await crypto.subtle.decrypt(how, unwrap, box));
  if (base.length !== BASE_BYTES) throw new RangeError('no base key');
  return base;
}

/** The keys for boxes to and from a peer. */
async function agree(me: Identity, peer: string, key: Bytes): Promise<[CryptoKey, CryptoKey]> {
  const theirs = await crypto.subtle.importKey('raw', key, CURVE, false, []);
  const bits = await crypto.subtle.deriveBits({ name: 'ECDH', public: theirs }, me.pair.privateKey, 256);
  const secret = await crypto.subtle.importKey('raw', bits, 'HKDF', false, ['deriveKey']);
  const derive = (from: string, to: string, keys: Bytes[]): Promise<CryptoKey> => {
    const info = concat(...['envelope', from, to].map(ended), ...keys);
    const how = { name: 'HKDF', hash: 'SHA-256', salt: text.encode(me.room), info };
    return crypto.subtle.deriveKey(how, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt']);
  };
  return Promise.all([derive(me.peer, peer, [me.key, key]), derive(peer, me.peer, [key, me.key])]);
}

/** 30 digits that differ as soon as anybody holds another key than the others think. */
export async function safetyCode(room: string, devices: ReadonlyMap<string, Bytes>): Promise<string> {
  const sorted = [...devices].sort(([left], [right]) => (left < right ? -1 : 1));
  const listed = sorted.flatMap(([peer, key]) => [ended(peer), key]);
  const hashed = await crypto.subtle.digest('SHA-512', concat(ended('safety code 1'), ended(room), ...listed));
  const bytes = new Uint8Array(hashed);
  const group = (at: number): string => {
    const number = bytes.slice(at, at + 5).reduce((sum, byte) => sum * 256 + byte, 0);
    return String(number % 100_000).padStart(5, '0');
  };
  return [0, 5, 10, 15, 20, 25].map(group).join(' ');
}

export function write({ key, sealed, have }: Letter): string {
  const body = {
    v: 1,
    key: base64(key),
    ...(sealed && { sealed: { kid: sealed.kid, iv: base64(sealed.iv), box: base64(sealed.box) } }),
    ...(have !== undefined && { have }),
  };
  return base64(text.encode(JSON.stringify(body)));
}

/** Null for what is no letter of ours. */
export function read(envelope: string): Letter | null {
  try {
    const body = record(JSON.parse(new TextDecoder().decode(bytes(envelope))));
    const key = bytes(body['key']);
    if (body['v'] !== 1 || key.length !== PUBLIC_BYTES) return null;
    const { have } = body;
    return {
      key,
      ...(body['sealed'] !== undefined && { sealed: sealedOf(record(body['sealed'])) }),
      ...(have !== undefined && { have: count(have) }),
    };
  } catch {
    return null;
  }
}

function sealedOf(body: Record<string, unknown>): Sealed {
  return { kid: count(body['kid']), iv: bytes(body['iv']), box: bytes(body['box']) };
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new TypeError('no count');
  return value as number;
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('no record');
  return value as Record<string, unknown>;
}

function ended(word: string): Bytes {
  return concat(text.encode(word), Uint8Array.of(0));
}

function base64(data: Bytes): string {
  const plain = btoa(String.fromCharCode(...data));
  return plain.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function bytes(value: unknown): Bytes {
  if (typeof value !== 'string') throw new TypeError('no text');
  const plain = atob(value.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
