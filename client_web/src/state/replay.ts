import type { RoomEvent, Snapshot } from '../protocol/types';
import { apply, trimmed } from './apply';

/** The state after a run of events, cut as a fresh snapshot would be. */
export function replay(snapshot: Snapshot, events: readonly RoomEvent[]): Snapshot {
  return trimmed(events.reduce(apply, snapshot));
}
