/** A UUIDv7 (RFC 9562 §5.7), strictly increasing inside this page even within one millisecond. */
export class Uuid7 {
  #last_ms = 0;
  #counter = 0;

  constructor(
    private readonly now: () => number = Date.now,
    private readonly random: (bytes: Uint8Array<ArrayBuffer>) => void = (bytes) => {
      crypto.getRandomValues(bytes);
    },
  ) {}

  next(): string {
    const bytes = new Uint8Array(16);
    this.random(bytes);
    const ms = this.#tick(((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0));
    for (let i = 0; i < 6; i++) bytes[i] = Math.floor(ms / 2 ** (8 * (5 - i))) & 0xff;
    bytes[6] = 0x70 | (this.#counter >> 8);
    bytes[7] = this.#counter & 0xff;
    bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f);
    return format(bytes);
  }

  /** 12 bits of `rand_a` serve as a counter seeded at random in each new millisecond. */
  #tick(seed: number): number {
    const now = this.now();
    if (now > this.#last_ms) {
      this.#last_ms = now;
      this.#counter = seed & 0x7ff;
    } else if (++this.#counter > 0xfff) {
      this.#last_ms += 1;
      this.#counter = seed & 0x7ff;
    }
    return this.#last_ms;
  }
}

function format(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

const shared = new Uuid7();
export const uuid7 = (): string => shared.next();
