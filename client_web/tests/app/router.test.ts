import { describe, expect, it } from 'vitest';

import { match, redirection, returnPath, signInPath } from '../../src/app/router';

const stranger = { phase: 'signed-out', isAdministrator: false } as const;
const newcomer = { phase: 'enrolling', isAdministrator: false } as const;
const doctor = { phase: 'signed-in', isAdministrator: false } as const;
const administrator = { phase: 'signed-in', isAdministrator: true } as const;

describe('match', () => {
  it.each([
    ['/', 'home'],
    ['/sign-in', 'sign-in'],
    ['/rooms/r1', 'room'],
    ['/rooms/r1/', 'room'],
    ['/rooms/r1/manage', 'manage'],
    ['/guest/rooms/r1', 'guest-room'],
    ['/admin/people', 'people'],
    ['/rooms', 'not-found'],
    ['/rooms/r1/other', 'not-found'],
    ['/nowhere', 'not-found'],
  ])('%s is %s', (path, screen) => {
    expect(match(path).screen).toBe(screen);
  });

  it('decodes parameters', () => {
    expect(match('/rooms/a%20b').parameters).toEqual({ room: 'a b' });
  });

  it('does not throw on a malformed escape', () => {
    expect(match('/rooms/%E0%A4%A').screen).toBe('not-found');
  });
});

describe('redirection', () => {
  it('asks a stranger to sign in and remembers the page', () => {
    expect(redirection('/rooms/r1', '', stranger)).toBe('/sign-in?next=%2Frooms%2Fr1');
    expect(redirection('/', '', stranger)).toBe('/sign-in');
  });

  it('lets anyone through the guest entrance', () => {
    for (const visitor of [stranger, newcomer, doctor]) {
      expect(redirection('/join', '', visitor)).toBeNull();
      expect(redirection('/guest/rooms/r1', '', visitor)).toBeNull();
    }
  });

  it('keeps who must enrol at the second factor', () => {
    expect(redirection('/', '', newcomer)).toBe('/second-factor');
    expect(redirection('/sign-in', '', newcomer)).toBe('/second-factor');
    expect(redirection('/second-factor', '', newcomer)).toBeNull();
  });

  it('sends the signed-in away from sign-in, back to where they were going', () => {
    expect(redirection('/sign-in', '?next=%2Frooms%2Fr1', doctor)).toBe('/rooms/r1');
    expect(redirection('/register', '', doctor)).toBe('/');
  });

  it('shows administration to administrators only', () => {
    expect(redirection('/admin/people', '', doctor)).toBe('/');
    expect(redirection('/admin/people', '', administrator)).toBeNull();
  });
});

describe('returnPath', () => {
  it('comes back from signInPath', () => {
    const path = signInPath('/rooms/r1/manage');
    expect(returnPath(path.slice(path.indexOf('?')))).toBe('/rooms/r1/manage');
  });

  it.each([
    '//evil.example',
    '/\\evil.example',
    'https://evil.example',
    'javascript:alert(1)',
    '/nowhere',
  ])('never leads to %s', (next) => {
    expect(returnPath(`?next=${encodeURIComponent(next)}`)).toBe('/');
  });
});
