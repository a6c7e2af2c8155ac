import { currentMe, isAdministrator } from '../../app/account.svelte';
import { AREAS } from '../../app/areas';
import { currentPath } from '../../app/navigation.svelte';
import { t } from '../../i18n/index.svelte';
import type { IconName } from '../../ui/icons';

/** A line of the navigation. */
export interface Place {
  readonly href: string;
  readonly label: string;
  readonly icon: IconName;
  /** What it is for, in a sentence. */
  readonly purpose: string;
}

/** Where this person has something to do, in order; the account stands in the person's menu. */
export function placesOfMe(): readonly Place[] {
  const roles = currentMe().roles.map(({ role }) => role);
  const areas = AREAS.filter((area) => area.roles.some((role) => roles.includes(role)));
  return [
    { href: '/', label: t('nav.home'), icon: 'home', purpose: '' },
    ...areas.map(({ href, label, icon, purpose }) => ({
      href,
      icon,
      label: t(label),
      purpose: t(purpose),
    })),
    ...(isAdministrator() ? administration() : []),
  ];
}

/** Whether the screen belongs to the place: itself, or something inside it. */
export function isHere({ href }: Place): boolean {
  const path = currentPath();
  return path === href || (href !== '/' && path.startsWith(`${href}/`));
}

function administration(): readonly Place[] {
  return [
    {
      href: '/admin/people',
      label: t('nav.people'),
      icon: 'people',
      purpose: t('home.door.people'),
    },
    {
      href: '/admin/figures',
      label: t('nav.figures'),
      icon: 'list',
      purpose: t('home.door.figures'),
    },
    {
      href: '/admin/call-quality',
      label: t('nav.call-quality'),
      icon: 'phone',
      purpose: t('home.door.call-quality'),
    },
    {
      href: '/guard/services',
      label: t('services.title'),
      icon: 'bell',
      purpose: t('services.lead'),
    },
    { href: '/admin/audit', label: t('nav.audit'), icon: 'shield', purpose: t('home.door.audit') },
  ];
}
