import type { Locale } from '../../i18n/locale';

/** “Mon 23 Nov, 08:00” on the rota's own wall clock, wherever the reader is. */
export function wallClock(at: string, zone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  }).format(new Date(at));
}

/** Midnight of the reader's day, some days from today; days of 23 and 25 hours are days too. */
export function midnight(daysAhead: number): Date {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + daysAhead);
}
