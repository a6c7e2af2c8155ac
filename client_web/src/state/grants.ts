import type { Grants, Role } from '../protocol/types';

const SOURCES = ['camera', 'microphone', 'screen', 'screen_audio'];

/** What each room role may do unless a moderator changed it, as the server defines it. */
export function grantsOf(role: Role): Grants {
  const publish = role === 'guest' ? SOURCES.slice(0, 2) : role === 'observer' ? [] : SOURCES;
  const inside = role === 'host' || role === 'member';
  return {
    publish: [...publish].sort(),
    subscribe: true,
    chat: role !== 'observer',
    documents: inside,
    moderate: role === 'host',
    present: inside,
    record: role === 'host',
  };
}
