import type { GuardGroup, GuardTimes, Measure } from '../../api/guardFigures';
import { currentLocale } from '../../i18n/index.svelte';
import type { Locale } from '../../i18n/locale';

/** Units of a plot's axis: the first in which the longest wait is a number to read. */
const UNITS = [
  { unit: 'second', seconds: 1, below: 180 },
  { unit: 'minute', seconds: 60, below: 10_800 },
  { unit: 'hour', seconds: 3600, below: Infinity },
] as const;

export interface Scale {
  readonly seconds: number;
  readonly write: (value: number) => string;
}

export function timesOf(group: GuardGroup, measure: Measure): GuardTimes | undefined {
  return group.times.find((one) => one.measure === measure);
}

/** In which unit waits of up to so many seconds are drawn. */
export function scaleOf(longest: number, locale: Locale = currentLocale()): Scale {
  const { unit, seconds } = UNITS.find(({ below }) => longest < below) ?? UNITS[2];
  const format = (digits: number) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: digits,
    });
  const [small, large] = [format(1), format(0)];
  return { seconds, write: (value) => (value < 10 ? small : large).format(value) };
}

/** 0.4 sec, 12 sec, 3.5 min, 2 hr. */
export function waitText(seconds: number, locale: Locale = currentLocale()): string {
  const scale = scaleOf(seconds, locale);
  return scale.write(seconds / scale.seconds);
}

/** The first and the last day of so many up to today, as `2026-11-22`. */
export function daysUntil(today: Date, count: number): { from: string; to: string } {
  const first = new Date(today);
  first.setDate(first.getDate() - count + 1);
  return { from: dayOf(first), to: dayOf(today) };
}

function dayOf(at: Date): string {
  const two = (value: number) => String(value).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}
