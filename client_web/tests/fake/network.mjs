/** Made-up people, rooms and records. */
const HOUR_MS = 3_600_000;
const at = (hours) => new Date(Date.now() + hours * HOUR_MS).toISOString();

export const organisations = [
  { id: 'o1', name: 'Centro Oncologico di Riferimento', kind: 'centre', demo: true },
  { id: 'o2', name: 'Ospedale Maggiore di Lodi', kind: 'hospital', demo: true },
  { id: 'o3', name: 'Ospedale Sant’Anna', kind: 'hospital', demo: true },
];

const role = (index, name) => ({
  organisation: organisations[index].id,
  organisation_name: organisations[index].name,
  role: name,
});

const person = (id, name, email, profession, roles, more = {}) => ({
  id,
  email,
  name,
  profession,
  locale: 'it',
  demo: true,
  has_totp: true,
  enrolment_required: false,
  roles,
  is_administrator: roles.some((each) => each.role === 'administrator'),
  ...more,
});

export const people = [
  person('p1', 'Dott.ssa Giulia Ferrari', 'ferrari@example.org', 'specialist', [
    role(0, 'specialist'),
  ]),
  person(
    'p2',
    'Anna Bianchi',
    'admin@example.org',
    'booking_clerk',
    [role(0, 'administrator'), role(1, 'booking_clerk')],
    { has_totp: false },
  ),
  person('p3', 'Dott. Nuovo Arrivato', 'new@example.org', 'radiologist', [role(1, 'radiologist')], {
    has_totp: false,
    enrolment_required: true,
  }),
];

const user = (id, name, profession, status, more = {}) => ({
  ...person(
    id,
    name,
    `${id}@example.org`,
    profession,
    status === 'pending' ? [] : [role(1, profession)],
  ),
  status,
  registered_at: at(-30),
  registration_number: 'MI-48213',
  organisation: 'o2',
  demo: false,
  ...more,
});

export const users = [
  user('u1', 'Dott. Marco Rinaldi', 'radiologist', 'pending'),
  user('u2', 'Dott.ssa Élodie Laurent', 'specialist', 'pending', {
    organisation: 'o3',
    registration_number: null,
  }),
  user('u3', 'Dott. Paolo Conti', 'radiologist', 'active', { demo: true }),
  user('u4', 'Sara Villa', 'nurse', 'active'),
  user('u5', 'Dott. Luca Greco', 'gp', 'suspended'),
];

export const colleagues = [
  {
    id: 'u3',
    name: 'Dott. Paolo Conti',
    profession: 'radiologist',
    organisation_name: 'Ospedale Maggiore di Lodi',
  },
  { id: 'u4', name: 'Sara Villa', profession: 'nurse', organisation_name: 'Ospedale Sant’Anna' },
  {
    id: 'u6',
    name: 'Dott.ssa Chiara Moretti',
    profession: 'specialist',
    organisation_name: 'Ospedale Sant’Anna',
  },
];

const grants = (moderate) => ({
  publish: ['camera', 'microphone', 'screen'],
  subscribe: true,
  chat: true,
  documents: true,
  moderate,
  present: true,
  record: moderate,
});

const room = (id, title, state, more = {}) => ({
  id,
  title,
  kind: 'consult',
  state,
  scheduled_at: null,
  duration_minutes: null,
  lobby: true,
  locked: false,
  created_at: at(-48),
  created_by: 'p1',
  seq: 12,
  my_role: 'host',
  my_grants: grants(true),
  members_count: 3,
  people_present: 0,
  unread: 0,
  ...more,
});

export const rooms = [
  room('r1', 'Consulto neuro-oncologico: piano di radioterapia', 'open', {
    people_present: 2,
    unread: 4,
  }),
  room('r2', 'TAC torace, secondo parere', 'open', {
    my_role: 'member',
    my_grants: grants(false),
    unread: 1,
  }),
  room('r3', 'Riunione settimanale melanoma', 'scheduled', {
    scheduled_at: at(3),
    duration_minutes: 45,
    members_count: 8,
  }),
  room('r4', 'Controllo a distanza dopo dimissione', 'scheduled', {
    scheduled_at: at(26),
    duration_minutes: 20,
    locked: true,
  }),
  room('r5', 'Consulto chiuso: sarcoma', 'closed'),
];

export const members = [
  {
    person: 'guest:g1',
    name: 'Mario Esposito',
    role: 'guest',
    grants: grants(false),
    state: 'waiting',
    is_guest: true,
  },
  {
    person: 'p1',
    name: 'Dott.ssa Giulia Ferrari',
    role: 'host',
    grants: grants(true),
    state: 'active',
    is_guest: false,
  },
  {
    person: 'u3',
    name: 'Dott. Paolo Conti',
    role: 'member',
    grants: grants(false),
    state: 'active',
    is_guest: false,
  },
  {
    person: 'u4',
    name: 'Sara Villa',
    role: 'observer',
    grants: { ...grants(false), publish: [] },
    state: 'active',
    is_guest: false,
  },
];

export const invitations = [
  {
    id: 'i1',
    name: 'Mario Esposito',
    role: 'guest',
    expires_at: at(20),
    used_at: at(-1),
    revoked_at: null,
  },
  {
    id: 'i2',
    name: 'Teresa Esposito',
    role: 'guest',
    expires_at: at(20),
    used_at: null,
    revoked_at: null,
  },
  {
    id: 'i3',
    name: 'Vecchio link',
    role: 'guest',
    expires_at: at(-4),
    used_at: null,
    revoked_at: null,
  },
];

export const audit = Array.from({ length: 14 }, (_, index) => ({
  n: index + 1,
  at: at(-14 + index),
  actor: '0193a6f0-5b1e-7c3a-9a40-2f6f0a1d9c77',
  action: ['session.opened', 'room.created', 'member.added', 'invitation.created'][index % 4],
  subject: '0193a6f1-0c22-7e10-8b1d-5a7e3c9f1b02',
  data: index % 2 ? { role: 'member' } : {},
}));
