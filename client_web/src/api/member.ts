import type { RoomAuth, RoomPerson } from './auth';
import type { ApiClient } from './client';
import { Problem } from './problem';
import { RoomTokens, type RoomTokenAnswer } from './roomtokens';
import type { Session } from './session';

/** Room access of a signed-in member. */
export class MemberRoomAuth implements RoomAuth {
  readonly #tokens: RoomTokens;

  constructor(
    readonly me: RoomPerson,
    readonly api: ApiClient,
    private readonly session: Session,
  ) {
    this.#tokens = new RoomTokens((room) => this.api.post<RoomTokenAnswer>(`rooms/${room}/tokens`));
  }

  async socketToken(): Promise<string> {
    const token = await this.session.token();
    if (token === null) throw new Problem('unauthenticated', { status: 401 });
    return token;
  }

  roomToken(roomId: string, isFresh = false): Promise<string> {
    return isFresh ? this.#tokens.fresh(roomId) : this.#tokens.of(roomId);
  }
}
