/** REST answers of docs/protocol.md from a small made-up network. */
import {
  audit,
  colleagues,
  invitations,
  members,
  organisations,
  people,
  rooms,
  users,
} from './network.mjs';

const problem = (status, code, more = {}) => ({
  status,
  body: { type: 'about:blank', title: code, status, code, ...more },
});
const ok = (body, status = 200, headers = {}) => ({ status, body, headers });
const QR =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><rect width="21" height="21" fill="#fff"/>' +
  '<path d="M1 1h7v7H1zM13 1h7v7h-7zM1 13h7v7H1zM10 3h2v2h-2zM10 10h3v3h-3zM15 12h2v4h-2zM11 16h3v3h-3z"/></svg>';

/** Who a request comes from: `session=<person>` cookies stand for real refresh cookies. */
function personOf(text) {
  const email = /(?:session=|Bearer )([^;\s]+)/.exec(text)?.[1];
  return people.find((person) => person.email === email) ?? null;
}

function session(person, status = 200) {
  const enrolment = person.enrolment_required ? { enrolment_required: true } : {};
  return ok({ access_token: person.email, expires_in: 900, user: person, ...enrolment }, status, {
    'Set-Cookie': `session=${person.email}; Path=/api/v1/auth; HttpOnly; SameSite=Strict`,
  });
}

function login({ email, password, otp }) {
  const person = people.find((each) => each.email === email);
  if (!person || password !== 'correct horse') return problem(401, 'credentials-invalid');
  if (person.has_totp && otp === undefined) return problem(401, 'otp-required');
  if (person.has_totp && otp !== '123456') return problem(401, 'otp-invalid');
  return session(person);
}

const routes = [
  ['POST', /^auth\/login$/, ({ body }) => login(body)],
  ['POST', /^auth\/register$/, () => ok({ status: 'pending' }, 202)],
  [
    'POST',
    /^auth\/refresh$/,
    ({ cookie }) => {
      const person = personOf(cookie);
      return person ? session(person) : problem(401, 'unauthenticated');
    },
  ],
  ['GET', /^organisations$/, () => ok({ items: organisations })],
  [
    'POST',
    /^invitations\/redeem$/,
    ({ body }) =>
      body.code === 'spent' ? problem(404, 'link-invalid') : problem(503, 'unavailable'),
  ],
];

const memberRoutes = [
  [
    'POST',
    /^auth\/logout(-everywhere)?$/,
    () => ok(undefined, 204, { 'Set-Cookie': 'session=; Path=/api/v1/auth; Max-Age=0' }),
  ],
  [
    'POST',
    /^auth\/password$/,
    ({ body }) =>
      body.current === 'correct horse' ? ok(undefined, 204) : problem(401, 'credentials-invalid'),
  ],
  [
    'POST',
    /^auth\/totp$/,
    () => ok({ secret: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP', uri: 'otpauth://totp/x', qr_svg: QR }),
  ],
  ['POST', /^auth\/totp\/confirm$/, ({ body, me }) => confirmed(body, me)],
  ['GET', /^me$/, ({ me }) => ok(me)],
  ['PATCH', /^me$/, ({ me, body }) => ok(Object.assign(me, body))],
  [
    'GET',
    /^people$/,
    ({ query }) => ok({ items: matching(colleagues, query.get('q')), next: null }),
  ],
  [
    'GET',
    /^users$/,
    ({ query }) => {
      const ofStatus = users.filter((user) => user.status === query.get('status'));
      return ok({ items: matching(ofStatus, query.get('q')), next: null });
    },
  ],
  ['POST', /^users\/([^/]+)\/(approve|reject|suspend|reinstate|revoke-sessions)$/, moved],
  ['GET', /^audit$/, () => ok({ items: audit, next: null })],
  ['GET', /^rooms$/, () => ok({ items: rooms, next: null })],
  ['POST', /^rooms$/, ({ body }) => created(body)],
  ['GET', /^rooms\/([^/]+)$/, ({ match }) => found(match[1])],
  ['PATCH', /^rooms\/([^/]+)$/, ({ match, body }) => ok(Object.assign(roomOf(match[1]), body))],
  [
    'POST',
    /^rooms\/([^/]+)\/close$/,
    ({ match }) => ok(Object.assign(roomOf(match[1]), { state: 'closed', people_present: 0 })),
  ],
  ['GET', /^rooms\/([^/]+)\/members$/, () => ok({ items: members })],
  ['POST', /^rooms\/([^/]+)\/(admit|refuse)$/, ({ match, body }) => admitted(match[2], body)],
  ['GET', /^rooms\/([^/]+)\/invitations$/, () => ok({ items: invitations })],
  ['POST', /^rooms\/([^/]+)\/invitations$/, ({ body }) => invited(body)],
];

function matching(list, q) {
  const words = (q ?? '').toLowerCase();
  return list.filter((each) =>
    `${each.name} ${each.profession} ${each.email ?? ''}`.toLowerCase().includes(words),
  );
}

function confirmed({ code }, me) {
  if (code !== '123456') return problem(401, 'otp-invalid');
  Object.assign(me, { has_totp: true, enrolment_required: false });
  return ok({ recovery_codes: Array.from({ length: 8 }, (_, n) => `k7pq-${n}mx${n}-w2t${n}`) });
}

function moved({ match }) {
  const [, id, action] = match;
  const user = users.find((each) => each.id === id);
  const states = {
    approve: 'active',
    reject: 'rejected',
    suspend: 'suspended',
    reinstate: 'active',
  };
  return ok(Object.assign(user, { status: states[action] ?? user.status }));
}

function created(body) {
  if (body.title === '') {
    return problem(422, 'invalid', { errors: [{ path: 'title', message: 'too short' }] });
  }
  const room = {
    ...rooms[0],
    ...body,
    id: `new-${rooms.length}`,
    state: body.scheduled_at ? 'scheduled' : 'open',
  };
  rooms.push(room);
  return ok(room, 201);
}

const roomOf = (id) => rooms.find((room) => room.id === id);
const found = (id) => (roomOf(id) ? ok(roomOf(id)) : problem(404, 'not-found'));

function admitted(action, { person }) {
  const member = members.find((each) => each.person === person);
  return ok(Object.assign(member, { state: action === 'admit' ? 'active' : 'refused' }));
}

function invited({ name, expires_in_minutes: minutes }) {
  const until = new Date(Date.now() + minutes * 60_000).toISOString();
  const invitation = {
    id: `new-${invitations.length}`,
    name,
    role: 'guest',
    expires_at: until,
    used_at: null,
  };
  invitations.unshift(invitation);
  return ok({ ...invitation, link: 'http://localhost:8080/join#q7Zr2mV0kT3nXw8YbHc5LdE1' }, 201);
}

/** One request → one answer. */
export function answer(request) {
  const { method, path } = request;
  for (const [verb, pattern, respond] of routes) {
    const match = pattern.exec(path);
    if (verb === method && match) return respond({ ...request, match });
  }
  const me = personOf(request.authorization);
  if (!me) return problem(401, 'unauthenticated');
  for (const [verb, pattern, respond] of memberRoutes) {
    const match = pattern.exec(path);
    if (verb === method && match) return respond({ ...request, match, me });
  }
  return problem(404, 'not-found');
}
