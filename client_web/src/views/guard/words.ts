import { VERDICTS, type GuardRequest, type LogEntry, type Notification } from '../../api/guard';
import { currentLocale, t } from '../../i18n/index.svelte';
import type { Locale } from '../../i18n/locale';

/** 14:02:11 in the reader's zone. */
export function preciseTime(at: string, locale: Locale = currentLocale()): string {
  return new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }).format(new Date(at));
}

/** What is happening now, in one sentence for whoever asked. */
export function headline(request: GuardRequest): string {
  const name = request.accepted_by?.name ?? '';
  if (owesFirstReport(request) && awaitsJustification(request)) {
    return t('guard.now.justifying', { name });
  }
  if (owesFirstReport(request) && mayDoExam(request)) return t('guard.now.exam', { name });
  switch (request.state) {
    case 'requested':
      return t('guard.now.requested');
    case 'alerting':
      return request.no_cover ? t('guard.now.no-cover') : t('guard.now.alerting');
    case 'exhausted':
      return request.no_cover ? t('guard.now.no-cover') : t('guard.now.exhausted');
    case 'accepted':
      return t('guard.now.accepted', { name });
    case 'working':
      return t('guard.now.working', { name });
    case 'report_pending':
      return t(isInterim(request) ? 'guard.now.interim' : 'guard.now.writing', { name });
    case 'reported':
      return t('guard.now.reported', { name });
    case 'closed':
      return t('guard.now.closed');
    case 'cancelled':
      return t('guard.now.cancelled');
  }
}

/** What became of one alert, with times to the second. */
export function alertWords(notification: Notification): string {
  const name = notification.name ?? '—';
  const { notified_at, delivered_at, seen_at } = notification;
  if (notification.outcome === 'accepted') return t('guard.alert-state.accepted', { name });
  if (!notification.device) {
    return t('guard.alert-state.unreachable', { name, time: preciseTime(notified_at) });
  }
  if (seen_at) {
    return t('guard.alert-state.seen', { name, time: preciseTime(seen_at) });
  }
  if (notification.state) {
    const channel = messageName(notification.channel);
    const time = preciseTime(delivered_at ?? notified_at);
    return t(`contacts.alert.${notification.state}`, { name, channel, time });
  }
  if (delivered_at && !notification.ready) {
    return t('guard.alert-state.silent', { name, time: preciseTime(delivered_at) });
  }
  if (delivered_at) {
    return t('guard.alert-state.delivered', { name, time: preciseTime(delivered_at) });
  }
  return t('guard.alert-state.notified', { name, time: preciseTime(notified_at) });
}

const MESSAGES = ['email', 'sms', 'voice'] as const;

function messageName(channel: string): string {
  const kind = MESSAGES.find((one) => one === channel);
  return kind ? t(`contacts.kind.${kind}`) : channel;
}

export type AlertStage = 'answered' | 'seen' | 'delivered' | 'notified' | 'failed';

export function alertStage(notification: Notification): AlertStage {
  if (notification.outcome === 'accepted') return 'answered';
  if (notification.seen_at) return 'seen';
  if (notification.delivered_at) return 'delivered';
  return notification.state === 'failed' ? 'failed' : 'notified';
}

/** One event of the log in words, or null for what the alerts already tell. */
export function logWords({ type, data, person_name }: LogEntry): string | null {
  const name = person_name ?? '';
  const text = (field: string) => String(data[field] ?? '');
  switch (type) {
    case 'guard.requested':
      return t('guard.log.requested', { name });
    case 'guard.alerted':
      return t('guard.log.alerted', { name: name || '—', step: text('step') });
    case 'guard.no_cover':
      return t('guard.log.no-cover', { step: text('step') });
    case 'guard.exhausted':
      return t('guard.log.exhausted');
    case 'guard.accepted':
      return t('guard.log.accepted', { name });
    case 'guard.acceptor_lost':
      return t('guard.log.lost', { name });
    case 'guard.released':
      if (data['reason'] === 'silent') return t('guard.log.released.silent', { name });
      if (data['reason'] === 'lost') return t('guard.log.released.lost', { name });
      return t('guard.log.released', { name, reason: text('reason') });
    case 'guard.referred':
      return t('guard.log.referred', { name });
    case 'guard.information_asked':
      return t('guard.log.information-asked', { name, text: text('text') });
    case 'guard.justified':
      return justifiedWords(data, name, text('text'));
    case 'guard.exam_done':
      return t('guard.log.exam-done', { name });
    case 'guard.working':
      return t('guard.log.working', { name });
    case 'guard.reported':
      return t(data['interim'] === true ? 'guard.log.interim' : 'guard.log.final', { name });
    case 'guard.closed':
      return t('guard.log.closed', { name });
    case 'guard.cancelled':
      return t('guard.log.cancelled', { name, reason: text('reason') });
    case 'guard.report_overdue':
      return t('guard.log.overdue');
    case 'guard.phone_tree':
      return t('guard.log.phone-tree', { text: text('text') });
    case 'guard.handover':
      return handoverWords(data, text);
    case 'guard.unheard':
      return [
        t(data['why'] === 'report' ? 'guard.log.unheard.report' : 'guard.log.unheard.critical', {
          round: text('round'),
        }),
        ...(name ? [t('guard.log.unheard.told', { name })] : []),
      ].join(' ');
    default:
      return null;
  }
}

function justifiedWords(data: LogEntry['data'], name: string, text: string): string {
  const said = VERDICTS.find((one) => one === data['verdict']) ?? 'justified';
  return text ? t(`guard.log.${said}.text`, { name, text }) : t('guard.log.justified', { name });
}

function handoverWords(data: LogEntry['data'], text: (field: string) => string): string | null {
  const names = { name: text('name'), from: text('from'), reason: text('reason') };
  switch (data['state']) {
    case 'offered':
      return t('guard.log.handover.offered', names);
    case 'accepted':
      return t('guard.log.handover.accepted', names);
    case 'refused':
      return t('guard.log.handover.refused', names);
    default:
      return null;
  }
}

/** Somebody accepted it and signed nothing yet. */
export function owesFirstReport({ state, report_state }: GuardRequest): boolean {
  const isHeld = ['accepted', 'working', 'report_pending'].includes(state);
  return isHeld && (report_state ?? 'draft') === 'draft';
}

/** The exam may not be done yet. */
export function awaitsJustification(request: GuardRequest): boolean {
  return request.justify_first && request.justification === null;
}

/** Somebody said that it may be done, and nobody that it is. */
export function mayDoExam(request: GuardRequest): boolean {
  const isHeld = ['accepted', 'working', 'report_pending'].includes(request.state);
  const verdict = request.justification?.verdict ?? 'not_justified';
  return isHeld && verdict !== 'not_justified' && request.exam_done_at === null;
}

/** Where the exam stands that was to wait; null where none waited. */
export function examWords(request: GuardRequest): string | null {
  if (!request.justify_first) return null;
  if (request.exam_done_at) {
    return t('guard.exam.done', { time: preciseTime(request.exam_done_at) });
  }
  return t(
    request.justification?.verdict === 'not_justified' ? 'guard.exam.refused' : 'guard.exam.waits',
  );
}

export function isInterim(request: GuardRequest): boolean {
  return request.report_state === 'interim';
}

/** Nobody can be expected to answer: the requester must telephone. */
export function isUnanswered(request: GuardRequest): boolean {
  const isOpen = request.state === 'requested' || request.state === 'alerting';
  return request.state === 'exhausted' || (isOpen && request.no_cover);
}

export function isOver({ state }: GuardRequest): boolean {
  return state === 'closed' || state === 'cancelled';
}

/** How far along the way from filing to reading: 0…4. */
export function progressOf({ state }: GuardRequest): number {
  const steps: Readonly<Record<GuardRequest['state'], number>> = {
    requested: 0,
    alerting: 0,
    exhausted: 0,
    cancelled: 0,
    accepted: 1,
    working: 2,
    report_pending: 2,
    reported: 3,
    closed: 4,
  };
  return steps[state];
}
