import type { Room } from '../protocol/types';
import type { RoomAuth, RoomPerson } from './auth';
import { ApiClient, type Credentials } from './client';
import { asProblem, Problem } from './problem';
import { RoomTokens, type RoomTokenAnswer } from './roomtokens';

export interface GuestAnswer extends RoomTokenAnswer {
  readonly room: Room;
  readonly person: string;
  readonly resume: string;
}

/** What lets the same guest come back without asking anything again. */
export interface GuestPass {
  readonly room: string;
  readonly title: string;
  readonly resume: string;
  /** The spent code: whoever opens the same link again comes back as the same guest. */
  readonly code: string;
}

const anonymous: Credentials = {
  token: () => Promise.resolve(null),
  renew: () => Promise.resolve(null),
};

/** Exchanges a link's single-use code for a place in the room. */
export function redeem(code: string, send?: typeof fetch): Promise<GuestAnswer> {
  return new ApiClient(anonymous, send).post<GuestAnswer>('invitations/redeem', { code });
}

/** Comes back by the secret that redemption gave. */
export function resume(secret: string, send?: typeof fetch): Promise<GuestAnswer> {
  return new ApiClient(anonymous, send).post<GuestAnswer>('invitations/resume', { resume: secret });
}

/** Room access of a guest: one room, its token renewed by itself, then by the resume secret. */
export class GuestRoomAuth implements RoomAuth {
  readonly me: RoomPerson;
  readonly api: ApiClient;
  readonly room: Room;
  readonly #resume: string;
  readonly #tokens: RoomTokens;
  #latest: string;

  constructor(
    answer: GuestAnswer,
    private readonly send?: typeof fetch,
  ) {
    this.room = answer.room;
    this.#resume = answer.resume;
    this.#latest = answer.room_token;
    this.me = { person: answer.person, name: nameIn(answer.room_token), guest: true };
    this.#tokens = new RoomTokens(() => this.#again());
    this.#tokens.hold(answer.room.id, answer);
    this.api = new ApiClient(
      {
        token: () => this.socketToken(),
        renew: () => this.#tokens.fresh(this.room.id),
      },
      send,
    );
  }

  socketToken(): Promise<string> {
    return this.roomToken(this.room.id);
  }

  roomToken(roomId: string): Promise<string> {
    if (roomId !== this.room.id) {
      return Promise.reject(new Problem('forbidden', { status: 403 }));
    }
    return this.#tokens.of(roomId);
  }

  /** A token that still lives begets the next; the secret helps when it slept too long. */
  async #again(): Promise<RoomTokenAnswer> {
    const answer = await this.#byToken().catch((thrown: unknown) => {
      if (asProblem(thrown).code !== 'unauthenticated') throw thrown;
      return resume(this.#resume, this.send);
    });
    this.#latest = answer.room_token;
    return answer;
  }

  #byToken(): Promise<RoomTokenAnswer> {
    const token = this.#latest;
    const held = { token: () => Promise.resolve(token), renew: () => Promise.resolve(null) };
    return new ApiClient(held, this.send).post<RoomTokenAnswer>(`rooms/${this.room.id}/tokens`);
  }
}

/** Whether a pass can never work again. */
export function isPassOver(thrown: unknown): boolean {
  const over = ['link-invalid', 'not-found', 'unauthenticated', 'forbidden', 'room-closed'];
  return over.includes(asProblem(thrown).code);
}

/** The `name` claim of a room token (JWT payload; the server verified what it signed). */
export function nameIn(token: string): string {
  try {
    const payload = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const name = (claims as { name?: unknown }).name;
    return typeof name === 'string' ? name : '';
  } catch {
    return '';
  }
}
