import type { Board, BoardCase, CaseState, Quorum, Specialty } from '../../api/boards';
import { t } from '../../i18n/index.svelte';

export const TONES = {
  waiting: 'neutral',
  open: 'accent',
  decided: 'success',
  postponed: 'warning',
  signed: 'success',
  represented: 'neutral',
} as const satisfies Readonly<Record<CaseState, string>>;

export function specialtyName(specialty: Specialty): string {
  return t(`boards.specialty.${specialty}`);
}

/** Where a case stands, in words; a decision without quorum says so. */
export function stateName(one: BoardCase): string {
  return one.state === 'decided' && !one.is_signable
    ? t('boards.state.no-quorum')
    : t(`boards.state.${one.state}`);
}

export function toneOf(one: BoardCase) {
  return one.must_return ? 'danger' : TONES[one.state];
}

export function nameOf(board: Board, person: string): string {
  return board.participants.find((one) => one.person === person)?.name ?? '–';
}

export function isOrganiser(board: Board, person: string): boolean {
  return person === board.coordinator || person === board.created_by;
}

export function quorumText(quorum: Quorum): string {
  const counts = { count: quorum.specialties.length, needed: quorum.needed };
  return quorum.met ? t('boards.quorum.met', counts) : t('boards.quorum.missed', counts);
}
