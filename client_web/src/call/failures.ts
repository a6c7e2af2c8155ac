/** Why a camera, microphone or screen could not be opened, in words a person can be helped with. */
export type MediaFailure = 'denied' | 'absent' | 'busy' | 'insecure' | 'failed';

export function failureOf(error: unknown): MediaFailure {
  if (typeof navigator !== 'undefined' && !('mediaDevices' in navigator)) return 'insecure';
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'denied';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'absent';
  if (name === 'NotReadableError' || name === 'AbortError') return 'busy';
  return 'failed';
}
