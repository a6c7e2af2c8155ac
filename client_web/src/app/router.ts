/** Who may see a screen; `anyone` includes people who are signed in. */
export type Audience = 'anyone' | 'stranger' | 'enrolling' | 'member' | 'administrator';

interface Screen {
  readonly pattern: string;
  readonly audience: Audience;
}

export const SCREENS = {
  home: { pattern: '/', audience: 'member' },
  'sign-in': { pattern: '/sign-in', audience: 'stranger' },
  register: { pattern: '/register', audience: 'stranger' },
  enrol: { pattern: '/second-factor', audience: 'enrolling' },
  account: { pattern: '/account', audience: 'member' },
  connection: { pattern: '/connection', audience: 'member' },
  about: { pattern: '/about', audience: 'anyone' },
  studies: { pattern: '/studies', audience: 'member' },
  'new-study': { pattern: '/studies/new', audience: 'member' },
  pacs: { pattern: '/studies/pacs', audience: 'administrator' },
  study: { pattern: '/studies/:study', audience: 'member' },
  results: { pattern: '/results', audience: 'anyone' },
  room: { pattern: '/rooms/:room', audience: 'member' },
  manage: { pattern: '/rooms/:room/manage', audience: 'member' },
  consultations: { pattern: '/consultations', audience: 'member' },
  'new-consultation': { pattern: '/consultations/new', audience: 'member' },
  consultation: { pattern: '/consultations/:case', audience: 'member' },
  'book-consultation': { pattern: '/consultations/:case/book', audience: 'member' },
  guard: { pattern: '/guard', audience: 'member' },
  'guard-new': { pattern: '/guard/new', audience: 'member' },
  'guard-figures': { pattern: '/guard/figures', audience: 'member' },
  'guard-request': { pattern: '/guard/requests/:request', audience: 'member' },
  'guard-services': { pattern: '/guard/services', audience: 'member' },
  'guard-service': { pattern: '/guard/services/:service', audience: 'administrator' },
  televisits: { pattern: '/televisits', audience: 'member' },
  televisit: { pattern: '/televisits/:televisit', audience: 'member' },
  people: { pattern: '/admin/people', audience: 'administrator' },
  audit: { pattern: '/admin/audit', audience: 'administrator' },
  integrations: { pattern: '/integrations', audience: 'member' },
  pathways: { pattern: '/pathways', audience: 'member' },
  'pathway-figures': { pattern: '/pathways/figures', audience: 'member' },
  'pathway-templates': { pattern: '/pathways/templates', audience: 'member' },
  pathway: { pattern: '/pathways/:pathway', audience: 'member' },
  boards: { pattern: '/boards', audience: 'member' },
  'board-statistics': { pattern: '/boards/statistics', audience: 'member' },
  board: { pattern: '/boards/:board', audience: 'member' },
  training: { pattern: '/training', audience: 'member' },
  enter: { pattern: '/enter', audience: 'anyone' },
  messages: { pattern: '/messages', audience: 'member' },
  conversation: { pattern: '/messages/:thread', audience: 'member' },
  rotas: { pattern: '/rotas', audience: 'member' },
  rota: { pattern: '/rotas/:rota', audience: 'member' },
  figures: { pattern: '/admin/figures', audience: 'administrator' },
  'call-quality': { pattern: '/admin/call-quality', audience: 'administrator' },
  'report-templates': { pattern: '/report-templates', audience: 'member' },
  join: { pattern: '/join', audience: 'anyone' },
  'guest-room': { pattern: '/guest/rooms/:room', audience: 'anyone' },
} as const satisfies Readonly<Record<string, Screen>>;

export type ScreenName = keyof typeof SCREENS;

export interface Match {
  readonly screen: ScreenName | 'not-found';
  readonly parameters: Readonly<Record<string, string>>;
}

/** The screen of a path, with its `:parameters` decoded. */
export function match(path: string): Match {
  const parts = split(path);
  for (const [screen, { pattern }] of Object.entries(SCREENS)) {
    const parameters = fit(split(pattern), parts);
    if (parameters !== null) return { screen: screen as ScreenName, parameters };
  }
  return { screen: 'not-found', parameters: {} };
}

export interface Visitor {
  readonly phase: 'signed-out' | 'enrolling' | 'signed-in';
  readonly isAdministrator: boolean;
}

/** Where `visitor` must go instead of `path`, or null when the screen is theirs to see. */
export function redirection(path: string, search: string, visitor: Visitor): string | null {
  const { screen } = match(path);
  if (screen === 'not-found') return null;
  const { audience } = SCREENS[screen];
  if (audience === 'anyone') return null;
  if (visitor.phase === 'signed-out') {
    return audience === 'stranger' ? null : signInPath(path + search);
  }
  if (visitor.phase === 'enrolling') return audience === 'enrolling' ? null : '/second-factor';
  if (audience === 'stranger' || audience === 'enrolling') return returnPath(search);
  return audience === 'administrator' && !visitor.isAdministrator ? '/' : null;
}

/** Sign-in that comes back to `path` afterwards. */
export function signInPath(path: string): string {
  return path === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(path)}`;
}

/** The `next` of a query, if it is a path of ours; anything else could lead a person astray. */
export function returnPath(search: string): string {
  const next = new URLSearchParams(search).get('next') ?? '/';
  const isOurs =
    /^\/(?![/\\])/.test(next) && match(next.split(/[?#]/)[0] ?? '').screen !== 'not-found';
  return isOurs ? next : '/';
}

function split(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function fit(pattern: readonly string[], parts: readonly string[]): Record<string, string> | null {
  if (pattern.length !== parts.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const part = parts[index] ?? '';
    if (expected.startsWith(':')) {
      const value = decoded(part);
      if (value === null) return null;
      parameters[expected.slice(1)] = value;
    } else if (expected !== part) return null;
  }
  return parameters;
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch {
    return null;
  }
}
