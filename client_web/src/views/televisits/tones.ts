import type { TelevisitState } from '../../api/televisits';

export const STATE_TONES = {
  scheduled: 'neutral',
  waiting: 'warning',
  identified: 'warning',
  in_progress: 'accent',
  report_pending: 'warning',
  closed: 'success',
  cancelled: 'neutral',
  not_attended: 'danger',
} as const satisfies Record<TelevisitState, string>;
