import type { RemoteTrack } from '../../call/subscriber';
import type { PauseReason, Peer } from '../../protocol/types';

export interface TileState {
  peer: string;
  person: string;
  name: string;
  track: MediaStreamTrack | null;
  muted: boolean;
  hand: boolean;
  speaking: boolean;
  mine: boolean;
  /** Why the picture stands still, null while it does not. */
  paused: PauseReason | null;
}

/** Who is seen in the grid: everyone in the call, the others first, myself last. */
export function tilesOf(
  peers: readonly Peer[],
  my_peer: string,
  tracks: readonly RemoteTrack[],
  speakers: readonly string[],
  me: { track: MediaStreamTrack | null; is_mic_on: boolean },
  paused: ReadonlyMap<string, PauseReason> = new Map(),
): TileState[] {
  const tiles = peers.filter((peer) => peer.in_call || peer.peer === my_peer).map((peer) => {
    const mine = peer.peer === my_peer;
    const remote = tracks.find((one) => one.peer === peer.peer && one.source === 'camera')?.track ?? null;
    const is_seen = !peer.muted.includes('camera');
    return {
      peer: peer.peer,
      person: peer.person,
      name: peer.name,
      hand: peer.hand,
      mine,
      track: mine ? me.track : is_seen ? remote : null,
      paused: paused.get(`${peer.peer} camera`) ?? null,
      muted: mine ? !me.is_mic_on : isSilent(peer),
      speaking: speakers.includes(peer.peer) && !(mine && !me.is_mic_on),
    };
  });
  return [...tiles.filter(({ mine }) => !mine), ...tiles.filter(({ mine }) => mine)];
}

function isSilent(peer: Peer): boolean {
  return peer.muted.includes('microphone') || !peer.publishing.includes('microphone');
}

/** The screen on the stage: the newest shared by another. */
export function screenOf(tracks: readonly RemoteTrack[]): RemoteTrack | null {
  return tracks.findLast((one) => one.source === 'screen') ?? null;
}
