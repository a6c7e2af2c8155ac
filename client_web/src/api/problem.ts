/** Codes of docs/protocol.md §1, and those only a browser can meet. */
export const CODES = [
  'invalid',
  'unauthenticated',
  'credentials-invalid',
  'otp-required',
  'otp-invalid',
  'account-pending',
  'account-suspended',
  'enrolment-required',
  'refresh-reused',
  'forbidden',
  'not-found',
  'conflict',
  'room-locked',
  'room-closed',
  'room-encrypted',
  'waiting',
  'limit-exceeded',
  'rate-limited',
  'type-refused',
  'hash-mismatch',
  'link-invalid',
  'patient-mismatch',
  'already-accepted',
  'guard-moved',
  'read-back-missing',
  'justification-missing',
  'handover-answered',
  'service-busy',
  'contact-method-exists',
  'contact-method-unproved',
  'contact-kind-unavailable',
  'contact-code-invalid',
  'contact-code-over',
  'report-final',
  'report-not-final',
  'report-unsigned',
  'report-outdated',
  'attestation-required',
  'study-empty',
  'images-unchecked',
  'images-mismatch',
  'study-reported',
  'study-unreported',
  'result-refused',
  'slot-taken',
  'slot-past',
  'slots-overlap',
  'opinion-missing',
  'disagreement-unstated',
  'already-signed',
  'wrong-step',
  'nothing-signed',
  'outside-window',
  'case-open',
  'case-moved',
  'patient-not-informed',
  'quorum-missing',
  'sheet-incomplete',
  'sheet-changed',
  'televisit-moved',
  'identity-missing',
  'consent-missing',
  'link-quality-missing',
  'suitability-missing',
  'too-early',
  'sdp-invalid',
  'not-permitted',
  'negotiation-stale',
  'media-full',
  'media-unavailable',
  'unavailable',
  'internal',
  'offline',
  'aborted',
] as const;

export type Code = (typeof CODES)[number];

export interface FieldError {
  readonly path: string;
  readonly message: string;
}

interface Details {
  readonly status: number;
  readonly detail?: string | undefined;
  readonly errors?: readonly FieldError[];
  readonly id?: string | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly line?: number | undefined;
  readonly why?: string | undefined;
}

/** A refused or failed request; `code` is the stable part (RFC 9457 problem details). */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly detail: string | undefined;
  readonly errors: readonly FieldError[];
  readonly id: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** Which line, or which entry, of what was sent. */
  readonly line: number | undefined;
  /** Which of a rule's reasons, where the code alone does not say. */
  readonly why: string | undefined;

  constructor(
    readonly code: Code,
    details: Details,
  ) {
    super(details.detail ?? code);
    this.status = details.status;
    this.detail = details.detail;
    this.errors = details.errors ?? [];
    this.id = details.id;
    this.retryAfterSeconds = details.retryAfterSeconds;
    this.line = details.line;
    this.why = details.why;
  }
}

/** Reads an error answer, whatever stands between us and the server made of it. */
export async function problemFrom(response: Response): Promise<Problem> {
  const body = await response.json().catch(() => null);
  const fields = isRecord(body) ? body : {};
  const code = isCode(fields['code']) ? fields['code'] : codeOfStatus(response.status);
  return new Problem(code, {
    status: response.status,
    detail: text(fields['detail']),
    errors: Array.isArray(fields['errors']) ? fields['errors'].filter(isFieldError) : [],
    id: text(fields['id']),
    retryAfterSeconds: retryAfter(fields['retry_after'], response.headers.get('Retry-After')),
    line: number(fields['line'] ?? fields['entry']),
    why: text(fields['why']),
  });
}

/** Turns whatever was thrown into a Problem; programming errors become `internal`. */
export function asProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (isRecord(thrown) && isCode(thrown['code'])) return new Problem(thrown['code'], { status: 0 });
  if (thrown instanceof DOMException && thrown.name === 'AbortError') {
    return new Problem('aborted', { status: 0 });
  }
  return new Problem('internal', { status: 0, detail: String(thrown) });
}

export function isCode(value: unknown): value is Code {
  return (CODES as readonly unknown[]).includes(value);
}

function codeOfStatus(status: number): Code {
  const byStatus: Record<number, Code> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not-found',
    409: 'conflict',
    413: 'limit-exceeded',
    415: 'type-refused',
    422: 'invalid',
    429: 'rate-limited',
    // A gateway that cannot reach the server says so with one of these.
    502: 'unavailable',
    503: 'unavailable',
    504: 'unavailable',
  };
  return byStatus[status] ?? 'internal';
}

function retryAfter(field: unknown, header: string | null): number | undefined {
  if (typeof field === 'number') return field;
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isFieldError(value: unknown): value is FieldError {
  return (
    isRecord(value) && typeof value['path'] === 'string' && typeof value['message'] === 'string'
  );
}
