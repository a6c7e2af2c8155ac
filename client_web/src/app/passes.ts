import type { GuestPass } from '../api/guest';

const PREFIX = 'guest.';

/** Guest passes kept on this device until the guest leaves for good or the link ends. */
export class Passes {
  constructor(private readonly storage: () => Storage = () => localStorage) {}

  keep(pass: GuestPass): void {
    this.#guarded(() => this.storage().setItem(PREFIX + pass.room, JSON.stringify(pass)));
  }

  drop(room: string): void {
    this.#guarded(() => this.storage().removeItem(PREFIX + room));
  }

  ofRoom(room: string): GuestPass | null {
    return this.#guarded(() => parse(this.storage().getItem(PREFIX + room))) ?? null;
  }

  /** The pass that an already used link's code gave. */
  ofCode(code: string): GuestPass | null {
    const all = this.#guarded(() =>
      Object.keys(this.storage())
        .filter((key) => key.startsWith(PREFIX))
        .map((key) => parse(this.storage().getItem(key))),
    );
    return all?.find((pass) => pass?.code === code) ?? null;
  }

  /** Private windows may refuse storage; a guest then has this page only. */
  #guarded<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch {
      return undefined;
    }
  }
}

function parse(text: string | null): GuestPass | null {
  const pass: unknown = JSON.parse(text ?? 'null');
  const isPass = typeof pass === 'object' && pass !== null && 'resume' in pass && 'room' in pass;
  return isPass ? (pass as GuestPass) : null;
}
