import { ROLES, type OrganisationRole } from '../api/types';
import { t } from '../i18n/index.svelte';
import type { Role } from '../protocol/types';

/** Professions a person may register with; the other roles are given by administrators. */
export const PROFESSIONS = ROLES.filter(
  (role) => role !== 'administrator' && role !== 'integrator',
);

/** A role or profession in the reader's language; a word of the server's own is shown as it is. */
export function roleName(role: string): string {
  return isRole(role) ? t(`role.${role}`) : role;
}

/** What a member is in a room, in the reader's language. */
export function roomRoleName(role: Role): string {
  return t(`room-role.${role}`);
}

function isRole(value: string): value is OrganisationRole {
  return (ROLES as readonly string[]).includes(value);
}
