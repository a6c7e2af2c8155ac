import { describe, expect, it } from 'vitest';

import { GuestRoomAuth, nameIn, redeem, type GuestAnswer } from '../../src/api/guest';
import { RoomTokens } from '../../src/api/roomtokens';
import { Passes } from '../../src/app/passes';
import { json, refusal, scripted } from './answers';

function tokenOf(name: string): string {
  const payload = Buffer.from(JSON.stringify({ name, aud: 'room' })).toString('base64url');
  return `e30.${payload}.signature`;
}

function arrival(token: string, expires_in = 600): GuestAnswer {
  return {
    room_token: token,
    expires_in,
    room: { id: 'r1', title: 'T' },
    person: 'guest:g1',
    resume: 's1',
  } as GuestAnswer;
}

describe('guest entrance', () => {
  it('sends the code in the body only', async () => {
    const { send, asked } = scripted(json(arrival('t')));
    await redeem('q7Zr', send);
    expect(asked[0]?.body).toEqual({ code: 'q7Zr' });
    expect(asked[0]?.url).not.toContain('q7Zr');
    expect(asked[0]?.headers.has('Authorization')).toBe(false);
  });

  it('knows the guest by the name in the token', () => {
    expect(new GuestRoomAuth(arrival(tokenOf('José Ñúñez'))).me).toEqual({
      person: 'guest:g1',
      name: 'José Ñúñez',
      guest: true,
    });
    expect(nameIn('not a token')).toBe('');
  });

  it('opens one room only', async () => {
    const auth = new GuestRoomAuth(arrival('t'));
    expect(await auth.roomToken('r1')).toBe('t');
    await expect(auth.roomToken('r2')).rejects.toMatchObject({ code: 'forbidden' });
  });

  it('comes back by the secret when its token died in its sleep', async () => {
    const { send, asked } = scripted(refusal(401, 'unauthenticated'), json(arrival('t2')));
    const auth = new GuestRoomAuth(arrival('t1', 0), send);
    expect(await auth.socketToken()).toBe('t2');
    expect(asked.map(({ url }) => url)).toEqual([
      '/api/v1/rooms/r1/tokens',
      '/api/v1/invitations/resume',
    ]);
    expect(asked[1]?.body).toEqual({ resume: 's1' });
  });

  it('does not hide a removal behind the secret', async () => {
    const { send } = scripted(refusal(403, 'forbidden'));
    const auth = new GuestRoomAuth(arrival('t1', 0), send);
    await expect(auth.socketToken()).rejects.toMatchObject({ code: 'forbidden' });
  });
});

describe('RoomTokens', () => {
  it('shares one request and asks again a minute before the end', async () => {
    let now = 0;
    let count = 0;
    const tokens = new RoomTokens(
      () => Promise.resolve({ room_token: `t${++count}`, expires_in: 600 }),
      () => now,
    );
    expect(await Promise.all([tokens.of('r1'), tokens.of('r1')])).toEqual(['t1', 't1']);
    now = 539_000;
    expect(await tokens.of('r1')).toBe('t1');
    now = 540_000;
    expect(await tokens.of('r1')).toBe('t2');
  });
});

/** Enough of a browser's Storage: kept entries are its own keys. */
function memory(): Storage {
  const methods = {
    getItem: (key: string) => (store[key] as string | undefined) ?? null,
    setItem: (key: string, value: string) => void (store[key] = value),
    removeItem: (key: string) => void Reflect.deleteProperty(store, key),
  };
  const store: Record<string, unknown> = Object.create(methods);
  return store as unknown as Storage;
}

describe('Passes', () => {
  const pass = { room: 'r1', title: 'T', resume: 's1', code: 'c1' };

  it('finds a pass by room or by its spent code', () => {
    const storage = memory();
    const passes = new Passes(() => storage);
    passes.keep(pass);
    expect(passes.ofRoom('r1')).toEqual(pass);
    expect(passes.ofCode('c1')).toEqual(pass);
    expect(passes.ofCode('c2')).toBeNull();
    passes.drop('r1');
    expect(passes.ofRoom('r1')).toBeNull();
  });

  it('does without storage', () => {
    const passes = new Passes(() => {
      throw new DOMException('denied', 'SecurityError');
    });
    passes.keep(pass);
    expect(passes.ofRoom('r1')).toBeNull();
    expect(passes.ofCode('c1')).toBeNull();
  });
});
