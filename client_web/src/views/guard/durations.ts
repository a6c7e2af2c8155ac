import type { Locale } from '../../i18n/locale';

/** “2 min”, “90 s”, “1 h”: whole units only, so that nothing is rounded away. */
export function duration(seconds: number, locale: Locale): string {
  const [unit, size] =
    seconds % 3600 === 0
      ? (['hour', 3600] as const)
      : seconds % 60 === 0
        ? (['minute', 60] as const)
        : (['second', 1] as const);
  const style = { style: 'unit', unit, unitDisplay: 'short' } as const;
  return new Intl.NumberFormat(locale, style).format(seconds / size);
}
