import type { ApiClient } from './client';

export interface RoomPerson {
  readonly person: string;
  readonly name: string;
  readonly guest: boolean;
}

/** All the room view needs to know about who is looking, member or guest. */
export interface RoomAuth {
  readonly me: RoomPerson;
  readonly api: ApiClient;
  /** The access token, or the guest's room token, to open or refresh the socket with. */
  socketToken(): Promise<string>;
  /** A room token valid for at least a minute; a fresh one bears what was granted since. */
  roomToken(roomId: string, isFresh?: boolean): Promise<string>;
}
