import type { Source } from '../protocol/types';

export type VideoSource = Extract<Source, 'camera' | 'screen'>;

/** Layers a source is sent in, the smallest first; the server sends each viewer the one that fits. */
const ENCODINGS: Readonly<Record<VideoSource, RTCRtpEncodingParameters[]>> = {
  camera: [
    { rid: 'q', maxBitrate: 150_000, maxFramerate: 30 },
    { rid: 'h', maxBitrate: 500_000, maxFramerate: 30 },
    { rid: 'f', maxBitrate: 1_500_000, maxFramerate: 30 },
  ],
  screen: [{ maxBitrate: 2_500_000, maxFramerate: 15 }],
};
/** From this many pixels on Chromium sends a second and a third layer. */
const PIXELS_OF_LAYERS = [480 * 270, 960 * 540];

/** How a source of this size is sent when so many of its layers are seen by anybody. */
export function encodingsOf(
  source: VideoSource,
  { width, height }: MediaTrackSettings = {},
  wanted = Infinity,
): RTCRtpEncodingParameters[] {
  const encodings = ENCODINGS[source];
  const pixels = width && height ? width * height : Infinity;
  const count = Math.min(encodings.length, 1 + PIXELS_OF_LAYERS.filter((least) => pixels >= least).length);
  return encodings.map((encoding, index) => ({
    ...encoding,
    active: index < Math.min(count, wanted),
    ...(encodings.length > 1 && { scaleResolutionDownBy: 2 ** Math.max(0, count - 1 - index) }),
  }));
}

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
