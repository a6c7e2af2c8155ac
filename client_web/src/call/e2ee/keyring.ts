import type { Clock } from '../../protocol/clock';
import { BASE_BYTES, makeIdentity, open, read, safetyCode, seal, write, type Identity, type Letter } from './envelopes';
import { Serial } from '../serial';
import type { Bytes } from './sframe';

export interface KeyringOptions {
  room: string;
  /** This device. */
  peer: string;
  clock: Clock;
  send: (envelopes: Record<string, string>) => Promise<unknown>;
  /** Seal what is sent with this key from now on. */
  use: (kid: number, base: Bytes) => void;
  /** Open with this key what the peer sends. */
  add: (peer: string, kid: number, base: Bytes) => void;
  forget: (peer: string) => void;
  changed: () => void;
}

/** Another device in the call. */
interface Other {
  key: Bytes | null;
  /** The newest of its keys that we hold. */
  held: number;
  /** The newest of our keys that it holds. */
  confirmed: number;
}

const AGAIN_MS = 1_000;
const AFTER_LEAVE_MS = 500;
const AFTER_ENTRANCE_MS = 2_000;

/** Who holds which key: one for each sender, a new one whenever somebody enters or leaves. */
export class Keyring {
  /** What members compare by voice; empty until a key was made. */
  code = '';
  readonly #others = new Map<string, Other>();
  readonly #serial = new Serial();
  #me: Identity | null = null;
  #kid = -1;
  #base: Bytes = new Uint8Array();
  #used = -1;
  #use_by = Infinity;
  #cancel_use: (() => void) | null = null;
  #cancel_again: (() => void) | null = null;
  #members = new Set<string>();
  #closed = false;

  constructor(private readonly options: KeyringOptions) {}

  /** Whose key is not known yet, though they are in the call. */
  get unknown(): string[] {
    return [...this.#others].filter(([, { key }]) => key === null).map(([peer]) => peer);
  }

  /** Whether everybody in the call can be heard, and hears us, under keys of their own. */
  get is_complete(): boolean {
    return this.#used >= 0 && [...this.#others.values()].every(({ held, confirmed }) => held >= 0 && confirmed >= 0);
  }

  /** Who else is in the call now. */
  follow(peers: Iterable<string>): void {
    const now = new Set(peers);
    now.delete(this.options.peer);
    this.#members = now;
    void this.#serial.run(() => this.#follow(now)).catch(() => undefined);
  }

  /** An envelope came, maybe before we heard that its sender is in the call. */
  receive(peer: string, envelope: string): void {
    const letter = read(envelope);
    if (letter) void this.#serial.run(() => this.#receive(peer, letter)).catch(() => undefined);
  }

  /** Idempotent. */
  close(): void {
    this.#closed = true;
    this.#cancel_use?.();
    this.#cancel_again?.();
    for (const peer of this.#others.keys()) this.options.forget(peer);
    this.#others.clear();
  }

  async #follow(now: ReadonlySet<string>): Promise<void> {
    if (this.#closed) return;
    const gone = [...this.#others.keys()].filter((peer) => !now.has(peer));
    const come = [...now].filter((peer) => !this.#others.has(peer));
    if (this.#me && gone.length === 0 && come.length === 0) return;
    this.#me ??= await makeIdentity(this.options.room, this.options.peer);
    for (const peer of gone) {
      this.#others.delete(peer);
      this.options.forget(peer);
    }
    for (const peer of come) this.#others.set(peer, { key: null, held: -1, confirmed: -1 });
    await this.#rotate(gone.length > 0 ? AFTER_LEAVE_MS : AFTER_ENTRANCE_MS);
    await this.#recode();
  }

  /** A key that nobody had yet; in use once all have it, or when waiting would harm more. */
  async #rotate(patience_ms: number): Promise<void> {
    const { clock } = this.options;
    this.#kid += 1;
    this.#base = crypto.getRandomValues(new Uint8Array(BASE_BYTES));
    this.#use_by = Math.min(this.#use_by, clock.now() + patience_ms);
    this.#cancel_use?.();
    this.#cancel_use = clock.after(Math.max(0, this.#use_by - clock.now()), () => {
      this.#use();
    });
    this.#useOnceConfirmed();
    await this.#tell([...this.#others.keys()]);
  }

  #useOnceConfirmed(): void {
    const is_confirmed = [...this.#others.values()].every(({ confirmed }) => confirmed === this.#kid);
    if (is_confirmed && this.#used !== this.#kid) this.#use();
  }

  #use(): void {
    this.#cancel_use?.();
    this.#cancel_use = null;
    this.#use_by = Infinity;
    if (this.#closed || this.#used === this.#kid) return;
    this.#used = this.#kid;
    this.options.use(this.#kid, this.#base);
    this.options.changed();
  }

  async #receive(peer: string, letter: Letter): Promise<void> {
    if (this.#members.has(peer) && !this.#others.has(peer)) await this.#follow(this.#members);
    if (isAnother(this.#others.get(peer), letter)) {
      await this.#follow(new Set([...this.#members].filter((one) => one !== peer)));
      await this.#follow(this.#members);
    }
    const other = this.#others.get(peer);
    const me = this.#me;
    if (this.#closed || !other || !me) return;
    const is_first = other.key === null;
    if (letter.sealed) {
      const base = await open(me, peer, letter.key, letter.sealed);
      if (letter.sealed.kid > other.held) {
        other.held = letter.sealed.kid;
        this.options.add(peer, letter.sealed.kid, base);
      }
    }
    other.key = letter.key;
    if (letter.have !== undefined && letter.have <= this.#kid) other.confirmed = Math.max(other.confirmed, letter.have);
    if (is_first) await this.#recode();
    this.#useOnceConfirmed();
    if (letter.sealed || is_first) await this.#tell([peer]);
    this.options.changed();
  }

  /** Tell these devices what they lack, and again each second until they confirm. */
  async #tell(peers: string[]): Promise<void> {
    const me = this.#me;
    if (!me || this.#closed) return;
    const envelopes: Record<string, string> = {};
    for (const peer of peers) {
      const other = this.#others.get(peer);
      if (!other) continue;
      const { key, held, confirmed } = other;
      const sealed = key && confirmed < this.#kid ? await seal(me, peer, key, this.#kid, this.#base) : undefined;
      envelopes[peer] = write({ key: me.key, ...(sealed && { sealed }), ...(held >= 0 && { have: held }) });
    }
    if (Object.keys(envelopes).length > 0) this.options.send(envelopes).catch(() => undefined);
    this.#cancel_again ??= this.options.clock.after(AGAIN_MS, () => {
      this.#cancel_again = null;
      void this.#serial.run(() => this.#again()).catch(() => undefined);
    });
  }

  async #again(): Promise<void> {
    const lacking = [...this.#others].filter(([, { confirmed }]) => confirmed < this.#kid);
    if (lacking.length > 0) await this.#tell(lacking.map(([peer]) => peer));
  }

  async #recode(): Promise<void> {
    if (!this.#me) return;
    const known = new Map([[this.options.peer, this.#me.key]]);
    for (const [peer, { key }] of this.#others) if (key) known.set(peer, key);
    this.code = await safetyCode(this.options.room, known);
    this.options.changed();
  }
}

/** Who changes its key has left and come back, whether we heard of it or not. */
function isAnother(known: Other | undefined, { key }: Letter): boolean {
  return !!known?.key && known.key.some((byte, index) => byte !== key[index]);
}
