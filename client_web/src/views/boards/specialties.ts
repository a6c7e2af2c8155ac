import { SPECIALTIES, type Specialty } from '../../api/boards';
import { currentLocale } from '../../i18n/index.svelte';
import { specialtyName } from './words';

/** Professions whose words say as what somebody sits; the organiser corrects the rest. */
const LIKELY: readonly (readonly [RegExp, Specialty])[] = [
  [/radiotherap|radiation|radioterap|radiothérap/i, 'radiation_oncology'],
  [/surg|chirurg/i, 'surgery'],
  [/patholog|patolog/i, 'pathology'],
  [/oncolog/i, 'medical_oncology'],
  [/radiographer|physic|fisic/i, 'medical_physics'],
  [/radiolog/i, 'radiology'],
  [/general|médecin traitant|medic/i, 'general_practice'],
  [/psych|psic/i, 'psychology'],
  [/nurse|inferm|infirm/i, 'nursing'],
  [/manager|clerk/i, 'coordination'],
];

export function guess(profession: string): Specialty {
  return LIKELY.find(([words]) => words.test(profession))?.[1] ?? 'medical_oncology';
}

/** Every specialty in the reader's language and order. */
export function options(): { value: Specialty; label: string }[] {
  return SPECIALTIES.map((value) => ({ value, label: specialtyName(value) })).sort((one, other) =>
    one.label.localeCompare(other.label, currentLocale()),
  );
}
