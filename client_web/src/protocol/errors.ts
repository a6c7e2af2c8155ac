/** A refusal or failure with a stable code: protocol §1, or one of ours below. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';

  constructor(
    readonly code: string,
    message = code,
    readonly details: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }
}

/** The socket is not connected: nothing was sent. */
export const OFFLINE = 'offline';
/** Sent, but no acknowledgement came in time: the server may or may not have acted. */
export const TIMEOUT = 'timeout';

const PASSING = new Set([OFFLINE, TIMEOUT, 'unavailable', 'internal', 'rate-limited', 'unauthenticated', 'waiting']);

/** Whether the same request may succeed later without a change by the person. */
export function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  return PASSING.has(code);
}

/** The stable code of any thrown thing: ours, or a REST problem's. */
export function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('code' in error)) return 'internal';
  return typeof error.code === 'string' ? error.code : 'internal';
}

/** Turn an acknowledgement `{ok: true, …}` or `{error: {code, …}}` into its value or a throw. */
export function unwrap<T>(ack: unknown): T {
  if (typeof ack !== 'object' || ack === null) throw new ProtocolError('internal', 'malformed answer');
  if (!('error' in ack) || typeof ack.error !== 'object' || ack.error === null) return ack as T;
  const { code, message, ...details } = ack.error as { code?: unknown; message?: unknown };
  throw new ProtocolError(
    typeof code === 'string' ? code : 'internal',
    typeof message === 'string' ? message : String(code),
    details,
  );
}
