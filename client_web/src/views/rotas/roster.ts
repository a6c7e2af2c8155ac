import { asProblem } from '../../api/problem';
import { problemText } from '../../app/problems';
import { t } from '../../i18n/index.svelte';

/** A roster as it is sent. */
export interface RosterFile {
  readonly format: 'csv' | 'ics';
  readonly text: string;
}

/** Why a roster is refused, as docs/protocol.md has it. */
const REASONS = [
  'header',
  'table',
  'columns',
  'time',
  'zone',
  'role',
  'end',
  'overlap',
  'none',
  'many',
  'calendar',
  'event',
  'repeats',
] as const;

/** A file's text: UTF-8, else what older spreadsheets write. */
export async function rosterFrom(file: File): Promise<RosterFile> {
  const text = decoded(await file.arrayBuffer());
  return { format: file.name.toLowerCase().endsWith('.csv') ? 'csv' : 'ics', text };
}

/** What is wrong with a roster, and where in it. */
export function rosterRefusal(thrown: unknown): string {
  const { why, line = 0 } = asProblem(thrown);
  const reason = REASONS.find((one) => one === why);
  return t('rotas.import.nothing', {
    why: reason ? t(`rotas.import.why.${reason}`, { line }) : problemText(thrown),
  });
}

function decoded(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
