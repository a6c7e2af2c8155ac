import type { ReportTemplate } from '../../api/reports';

/** Those of the modality first, one's own before the built-in ones; the order stays otherwise. */
export function inOrder(
  templates: readonly ReportTemplate[],
  modality: string | undefined,
): readonly ReportTemplate[] {
  const wanted = modality?.trim().toUpperCase() ?? '';
  const isNear = (one: ReportTemplate) =>
    one.modality !== '' && wanted.split(/[^A-Z0-9]+/).includes(one.modality.toUpperCase());
  return [...templates.filter(isNear), ...templates.filter((one) => !isNear(one))];
}

/** Headings below what is written already; what was typed stays as it is. */
export function below(written: string, headings: string): string {
  if (headings === '') return written;
  return written.trim() === '' ? headings : `${written.trimEnd()}\n\n${headings}`;
}
