import type { Locale } from '../../i18n/locale';

/** “Mon 23 Nov, 08:00” on the rota's own wall clock, wherever the reader is. */
export function wallClock(at: string, zone: string, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
    timeZone: zone,
  }).format(new Date(at));
}

/** Midnight of the reader's day, some days from today; days of 23 and 25 hours are days too. */
export function midnight(daysAhead: number): Date {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + daysAhead);
}

/** “08:00” on the rota's own wall clock. */
export function clockOf(at: Date, zone: string, locale: Locale): string {
  const style = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone: zone } as const;
  return new Intl.DateTimeFormat(locale, style).format(at);
}

/** “Mon 23 Nov” on the rota's own calendar. */
export function dayName(at: Date, zone: string, locale: Locale): string {
  const style = { weekday: 'short', day: 'numeric', month: 'short', timeZone: zone } as const;
  return new Intl.DateTimeFormat(locale, style).format(at);
}

/** “Monday”; 0 is Monday. */
export function weekdayName(day: number, locale: Locale): string {
  const at = new Date(Date.UTC(2024, 0, 1 + day));
  return new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }).format(at);
}
