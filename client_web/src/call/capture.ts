import type { Source } from '../protocol/types';
import { CAMERA, CONTENT_HINT, MICROPHONE, SCREEN } from './encodings';

export type Captured = Extract<Source, 'camera' | 'microphone'>;

/** Open a camera or microphone; a remembered device that is gone gives way to any other. */
export async function openDevice(source: Captured, device: string): Promise<MediaStreamTrack> {
  const wanted = source === 'camera' ? CAMERA : MICROPHONE;
  const constraints = device === '' ? wanted : { ...wanted, deviceId: { exact: device } };
  const stream = await openOrAny(source, constraints, wanted);
  const track = stream.getTracks()[0];
  if (!track) throw new DOMException('no track', 'NotFoundError');
  track.contentHint = CONTENT_HINT[source];
  return track;
}

async function openOrAny(
  source: Captured,
  exact: MediaTrackConstraints,
  any: MediaTrackConstraints,
): Promise<MediaStream> {
  const key = source === 'camera' ? 'video' : 'audio';
  try {
    return await navigator.mediaDevices.getUserMedia({ [key]: exact });
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'OverconstrainedError') throw error;
    return navigator.mediaDevices.getUserMedia({ [key]: { ...any, width: {}, height: {} } });
  }
}

export interface Screen {
  screen: MediaStreamTrack;
  screen_audio: MediaStreamTrack | null;
}

/** Ask the person which screen, window or tab to show. */
export async function openScreen(): Promise<Screen> {
  const stream = await navigator.mediaDevices.getDisplayMedia(SCREEN);
  const screen = stream.getVideoTracks()[0];
  if (!screen) throw new DOMException('no screen', 'NotFoundError');
  const screen_audio = stream.getAudioTracks()[0] ?? null;
  screen.contentHint = CONTENT_HINT.screen;
  return { screen, screen_audio };
}

export function maySwitchSpeaker(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

export function mayShareScreen(): boolean {
  return 'mediaDevices' in navigator && 'getDisplayMedia' in navigator.mediaDevices;
}
