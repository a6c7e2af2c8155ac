/** REST shapes of contact methods (docs/protocol.md). */

export type ContactKind = 'email' | 'sms' | 'voice';

export interface ContactMethod {
  readonly id: string;
  readonly kind: ContactKind;
  readonly value: string;
  /** Seconds after an alert at which it is used. */
  readonly after_s: number;
  readonly enabled: boolean;
  /** Whether it counts as reaching its person now. */
  readonly ready: boolean;
  readonly proved_at: string | null;
  readonly used_at: string | null;
  /** Why the last message did not arrive. */
  readonly error: string | null;
  /** Until when a code is waited for. */
  readonly code_until: string | null;
}

export interface ContactMethods {
  readonly items: readonly ContactMethod[];
  /** What may be added on this server. */
  readonly kinds: readonly ContactKind[];
}
