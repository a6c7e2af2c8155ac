import type { MessageKey } from '../i18n/keys';
import type { IconName } from '../ui/icons';
import type { OrganisationRole } from '../api/types';

/** A part of the product with a page of its own, and for whom it is in the navigation. */
export interface Area {
  readonly href: string;
  readonly label: MessageKey;
  readonly icon: IconName;
  /** What it is for, in a sentence. */
  readonly purpose: MessageKey;
  readonly roles: readonly OrganisationRole[];
}

/** In the order of the navigation; the server decides what each person may do there. */
export const AREAS: readonly Area[] = [
  {
    href: '/guard',
    label: 'nav.guard',
    purpose: 'home.door.guard',
    icon: 'bell',
    roles: ['radiologist', 'nurse', 'specialist', 'technician', 'gp'],
  },
  {
    href: '/messages',
    label: 'nav.threads',
    purpose: 'home.door.threads',
    icon: 'chat',
    roles: [
      'radiologist',
      'nurse',
      'specialist',
      'gp',
      'case_manager',
      'booking_clerk',
      'psychologist',
      'technician',
    ],
  },
  {
    href: '/consultations',
    label: 'nav.consultations',
    purpose: 'home.door.consultations',
    icon: 'calendar',
    roles: ['specialist', 'radiologist', 'booking_clerk', 'gp', 'psychologist'],
  },
  {
    href: '/studies',
    label: 'nav.studies',
    purpose: 'home.door.studies',
    icon: 'monitor',
    roles: ['radiologist', 'specialist', 'technician', 'nurse', 'gp', 'case_manager'],
  },
  {
    href: '/pathways',
    label: 'nav.pathways',
    purpose: 'home.door.pathways',
    icon: 'route',
    roles: ['case_manager', 'booking_clerk', 'gp'],
  },
  {
    href: '/televisits',
    label: 'nav.televisits',
    purpose: 'home.door.televisits',
    icon: 'camera',
    roles: ['specialist', 'psychologist', 'nurse', 'case_manager', 'gp'],
  },
  {
    href: '/integrations',
    label: 'nav.integrations',
    purpose: 'home.door.integrations',
    icon: 'link',
    roles: ['integrator', 'administrator'],
  },
  {
    href: '/boards',
    label: 'nav.boards',
    purpose: 'home.door.boards',
    icon: 'people',
    roles: [
      'specialist',
      'radiologist',
      'nurse',
      'gp',
      'case_manager',
      'booking_clerk',
      'psychologist',
      'administrator',
    ],
  },
  {
    href: '/rotas',
    label: 'nav.rotas',
    purpose: 'home.door.rotas',
    icon: 'clock',
    roles: ['radiologist', 'administrator', 'case_manager', 'nurse'],
  },
];
