import { ApiClient } from '../api/client';
import { MemberRoomAuth } from '../api/member';
import { asProblem, type Problem } from '../api/problem';
import { Session } from '../api/session';
import type { Me, SessionAnswer } from '../api/types';
import { hasChosenLocale, isLocale, setLocale } from '../i18n/index.svelte';
import { eraseStorage } from '../protocol/indexeddb';

export type Phase = 'starting' | 'unreachable' | 'signed-out' | 'enrolling' | 'signed-in';
/** Why the sign-in screen is shown, when that needs saying. */
export type Farewell = 'expired' | 'signed-out' | 'enrolled' | null;

interface LogIn {
  readonly email: string;
  readonly password: string;
  readonly otp?: string;
}

let phase = $state<Phase>('starting');
let me = $state.raw<Me | null>(null);
let farewell = $state<Farewell>(null);
let roomAuth: MemberRoomAuth | null = null;

const session = new Session({
  onEnded: () => end('expired'),
  onRenewed: (answer) => {
    if (phase === 'signed-in') me = answer.user;
  },
});

/** REST as the signed-in person. */
export const api = new ApiClient(session);

/** Tells this browser's other tabs that the session is over. */
const tabs = typeof BroadcastChannel === 'undefined' ? null : new BroadcastChannel('session');
tabs?.addEventListener('message', (event: MessageEvent<unknown>) => {
  if (event.data === 'ended' && session.isOpen) end('signed-out');
});

export function currentPhase(): Phase {
  return phase;
}

export function currentFarewell(): Farewell {
  return farewell;
}

/** Whoever is signed in; screens of members may rely on it. */
export function currentMe(): Me {
  if (me === null) throw new Error('nobody is signed in');
  return me;
}

export function isAdministrator(): boolean {
  return me?.is_administrator ?? false;
}

/** Picks up the session that the refresh cookie holds, if any. */
export async function startAccount(): Promise<void> {
  try {
    const token = await session.refresh();
    if (token === null) phase = 'signed-out';
    else welcome(await api.get<Me>('me'));
  } catch (thrown) {
    phase = isOutage(asProblem(thrown)) ? 'unreachable' : 'signed-out';
  }
}

/** Throws a Problem: `otp-required` asks for the second step. */
export async function logIn(credentials: LogIn): Promise<void> {
  const answer = await api.post<SessionAnswer>('auth/login', credentials);
  session.adopt(answer);
  welcome(answer.user, answer.enrolment_required ?? false);
}

/** Comes into the training sandbox with the code of a link. Throws a Problem. */
export async function enterTraining(code: string): Promise<void> {
  const answer = await api.post<SessionAnswer>('training/redeem', { code });
  session.adopt(answer);
  welcome(answer.user);
}

export async function logOut(everywhere = false): Promise<void> {
  await api.post(everywhere ? 'auth/logout-everywhere' : 'auth/logout');
  tabs?.postMessage('ended');
  end('signed-out');
  await eraseStorage(); // a ward's computer keeps nothing of who leaves it, unsent messages included
}

export async function reloadMe(): Promise<void> {
  me = await api.get<Me>('me');
}

/** After a second factor was enrolled: a full session if the cookie gives one, else sign-in. */
export async function finishEnrolment(): Promise<void> {
  const token = await session.refresh().catch(() => null);
  if (token === null) return end('enrolled');
  const fresh = await api.get<Me>('me');
  if (fresh.enrolment_required) end('enrolled');
  else welcome(fresh);
}

/** The signed-in person's access to rooms; one for the page, so that tokens are shared. */
export function memberRoomAuth(): MemberRoomAuth {
  const { id, name } = currentMe();
  if (roomAuth?.me.person !== id || roomAuth.me.name !== name) {
    roomAuth = new MemberRoomAuth({ person: id, name, guest: false }, api, session);
  }
  return roomAuth;
}

function welcome(user: Me, isEnrolling = user.enrolment_required): void {
  me = user;
  farewell = null;
  phase = isEnrolling ? 'enrolling' : 'signed-in';
  if (!hasChosenLocale() && isLocale(user.locale)) void setLocale(user.locale);
}

function end(reason: Farewell): void {
  session.forget();
  roomAuth = null;
  me = null;
  farewell = reason;
  phase = 'signed-out';
}

function isOutage({ code }: Problem): boolean {
  return code === 'offline' || code === 'unavailable' || code === 'internal';
}
