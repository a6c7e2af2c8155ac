import type { RoomSession } from '../room/session.svelte';
import { Measure } from './measure';

const measures = new WeakMap<RoomSession, Measure>();

/** The measure of a room's call, kept while another tab of the panel is looked at. */
export function measureOf(session: RoomSession): Measure {
  const known = measures.get(session) ?? new Measure();
  measures.set(session, known);
  return known;
}
