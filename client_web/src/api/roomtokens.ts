export interface RoomTokenAnswer {
  readonly room_token: string;
  readonly expires_in: number;
}

/** Callers are promised a token that lives this much longer. */
const MARGIN_MS = 60_000;

interface Held {
  readonly token: string;
  readonly endsAtMs: number;
}

/** Room tokens by room, fetched once and again shortly before they end. */
export class RoomTokens {
  readonly #held = new Map<string, Held>();
  readonly #underWay = new Map<string, Promise<string>>();

  constructor(
    private readonly obtain: (room: string) => Promise<RoomTokenAnswer>,
    private readonly now: () => number = Date.now,
  ) {}

  /** Takes a token that came with another answer. */
  hold(room: string, answer: RoomTokenAnswer): void {
    const endsAtMs = this.now() + answer.expires_in * 1000;
    this.#held.set(room, { token: answer.room_token, endsAtMs });
  }

  async of(room: string): Promise<string> {
    const held = this.#held.get(room);
    if (held !== undefined && held.endsAtMs - MARGIN_MS > this.now()) return held.token;
    return this.fresh(room);
  }

  /** A new token whatever is held; concurrent callers share one request. */
  fresh(room: string): Promise<string> {
    const underWay = this.#underWay.get(room);
    if (underWay !== undefined) return underWay;
    const request = this.obtain(room)
      .then((answer) => {
        this.hold(room, answer);
        return answer.room_token;
      })
      .finally(() => this.#underWay.delete(room));
    this.#underWay.set(room, request);
    return request;
  }
}
