import type { Attachment } from 'svelte/attachments';

const streams = new WeakMap<MediaStreamTrack, MediaStream>();

/** One stream per track, so that an element is not restarted by a repeated assignment. */
export function streamOf(track: MediaStreamTrack): MediaStream {
  const known = streams.get(track) ?? new MediaStream([track]);
  streams.set(track, known);
  return known;
}

/**
 * Show a track in a video or audio element; `blocked` hears when the browser wants a click first.
 * Svelte runs this anew whenever a tile is laid out anew: an element that shows the track already
 * is left alone, since each assignment would begin its loading again.
 */
export function playing(track: MediaStreamTrack, blocked: () => void = () => undefined): Attachment<HTMLMediaElement> {
  return (element) => {
    const stream = streamOf(track);
    if (element.srcObject !== stream) {
      element.srcObject = stream;
      element.play().catch((error: unknown) => {
        if (error instanceof DOMException && error.name === 'NotAllowedError') blocked();
      });
    }
    return () => {
      queueMicrotask(() => {
        if (!element.isConnected) element.srcObject = null;
      });
    };
  };
}

/** Send an element's sound to a chosen speaker ('' is the system's own) where the browser can. */
export function toSpeaker(speaker: string): Attachment<HTMLMediaElement> {
  return (element) => {
    if ('setSinkId' in element) void element.setSinkId(speaker).catch(() => undefined);
  };
}
