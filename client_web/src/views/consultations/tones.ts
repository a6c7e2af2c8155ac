import type { ConsultationState, Doctor, Outcome } from '../../api/consultations';

export const STATE_TONES = {
  described: 'warning',
  requested: 'accent',
  confirmed: 'success',
  declined: 'danger',
  supplement: 'warning',
  concluded: 'neutral',
  cancelled: 'neutral',
} as const satisfies Record<ConsultationState, string>;

export const OUTCOME_TONES = {
  eligible: 'success',
  not_eligible: 'danger',
  data_missing: 'warning',
} as const satisfies Record<Outcome, string>;

export const OPINION_TONES = {
  signed: 'success',
  draft: 'accent',
  missing: 'neutral',
} as const satisfies Record<Doctor['opinion'], string>;
