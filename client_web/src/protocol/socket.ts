import { Connection, type ConnectionOptions } from './connection';
import type { Link } from './link';
import type { ServerEvents } from './types';

/** The typed Socket.IO `/room` connection: one per person, for many rooms. */
export class RoomSocket extends Connection<ServerEvents> implements Link {
  constructor(options: ConnectionOptions) {
    super('/room', options);
  }
}
