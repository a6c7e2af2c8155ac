import { currentLocale } from '../../i18n/index.svelte';

/** `2026-11` as “Nov 26”. */
export function monthName(month: string): string {
  const format = new Intl.DateTimeFormat(currentLocale(), {
    month: 'short',
    year: '2-digit',
    timeZone: 'UTC',
  });
  return format.format(new Date(`${month}-01T00:00:00Z`));
}

/** Today's calendar day of the reader, for `<input type="date">`. */
export function today(): string {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
