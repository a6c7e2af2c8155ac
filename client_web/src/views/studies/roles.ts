import type { OrganisationRole } from '../../api/types';

const REQUESTERS: readonly OrganisationRole[] = [
  'specialist',
  'radiologist',
  'technician',
  'nurse',
];
const READERS: readonly OrganisationRole[] = [...REQUESTERS, 'gp', 'case_manager'];

/** Whether somebody may ask for a reading; the server has the last word. */
export function mayAsk(roles: readonly OrganisationRole[]): boolean {
  return roles.some((role) => REQUESTERS.includes(role));
}

/** Whether somebody may look for results of consenting patients. */
export function mayFind(roles: readonly OrganisationRole[]): boolean {
  return roles.some((role) => READERS.includes(role));
}
