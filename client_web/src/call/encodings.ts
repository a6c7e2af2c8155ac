import type { Source } from '../protocol/types';

type VideoSource = Extract<Source, 'camera' | 'screen'>;

/** Layers a source is sent in; one each for now, further ones get a `rid` and a scale. */
export const ENCODINGS: Readonly<Record<VideoSource, RTCRtpEncodingParameters[]>> = {
  camera: [{ maxBitrate: 1_200_000, maxFramerate: 30 }],
  screen: [{ maxBitrate: 2_500_000, maxFramerate: 15 }],
};

/** EN 301 549 §6: a person keeps moving at lower resolution, a screen keeps its sharpness. */
export const CONTENT_HINT: Readonly<Record<Source, string>> = {
  camera: 'motion',
  microphone: 'speech',
  screen: 'detail',
  screen_audio: 'music',
};

export const CAMERA: MediaTrackConstraints = {
  width: { ideal: 1280, min: 320 },
  height: { ideal: 720, min: 180 },
  frameRate: { ideal: 30, max: 30 },
};

export const MICROPHONE: MediaTrackConstraints = {
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

export const SCREEN: DisplayMediaStreamOptions = {
  video: { frameRate: { ideal: 15, max: 30 } },
  audio: true,
};
