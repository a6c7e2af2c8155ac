import { describe, expect, it, vi } from 'vitest';

import { ApiClient } from '../../src/api/client';
import { Session, type Exclusively } from '../../src/api/session';
import { json, refusal, scripted } from './answers';

const alone: Exclusively = (work) => work();
const answer = (token: string, expires_in = 900) => ({
  access_token: token,
  expires_in,
  user: { id: 'p1' },
});

describe('Session', () => {
  it('renews once for many callers', async () => {
    let release: (response: Response) => void = () => undefined;
    const held = new Promise<Response>((resolve) => (release = resolve));
    const { send, asked } = scripted(() => held);
    const session = new Session({ send, exclusively: alone });
    const callers = [session.refresh(), session.refresh(), session.renew('old')];
    release(json(answer('t1')));
    expect(await Promise.all(callers)).toEqual(['t1', 't1', 't1']);
    expect(asked).toHaveLength(1);
  });

  it('renews once when many requests meet an expired token', async () => {
    const refresh = scripted(json(answer('new')));
    const session = new Session({ send: refresh.send, exclusively: alone });
    session.adopt(answer('old') as never);
    const api = new ApiClient(session, (_input, init) => {
      const token = new Headers(init?.headers).get('Authorization');
      return Promise.resolve(token === 'Bearer new' ? json({}) : refusal(401, 'unauthenticated'));
    });
    await Promise.all([api.get('me'), api.get('rooms'), api.get('people')]);
    expect(refresh.asked).toHaveLength(1);
  });

  it('renews again after the first renewal is over', async () => {
    const { send, asked } = scripted(json(answer('t1')), json(answer('t2')));
    const session = new Session({ send, exclusively: alone });
    expect(await session.refresh()).toBe('t1');
    expect(await session.refresh()).toBe('t2');
    expect(asked).toHaveLength(2);
  });

  it('does not renew for a caller whose token was replaced meanwhile', async () => {
    const { send, asked } = scripted();
    const session = new Session({ send, exclusively: alone });
    session.adopt(answer('newer') as never);
    expect(await session.renew('older')).toBe('newer');
    expect(asked).toHaveLength(0);
  });

  it('renews ahead of the end', async () => {
    let now = 0;
    const { send } = scripted(json(answer('t2')));
    const session = new Session({ send, exclusively: alone, now: () => now });
    session.adopt(answer('t1', 60) as never);
    expect(await session.token()).toBe('t1');
    now = 31_000;
    expect(await session.token()).toBe('t2');
  });

  it('ends, once, when the cookie no longer serves', async () => {
    const onEnded = vi.fn();
    const { send } = scripted(refusal(401, 'refresh-reused'), refusal(401, 'unauthenticated'));
    const session = new Session({ send, exclusively: alone, onEnded });
    session.adopt(answer('t1') as never);
    expect(await session.refresh()).toBeNull();
    expect(await session.refresh()).toBeNull();
    expect(onEnded).toHaveBeenCalledOnce();
    expect(session.isOpen).toBe(false);
  });

  it('survives an outage', async () => {
    const onEnded = vi.fn();
    const { send } = scripted(
      refusal(503, 'unavailable'),
      () => Promise.reject(new TypeError('down')),
      json(answer('t2')),
    );
    const session = new Session({ send, exclusively: alone, onEnded });
    session.adopt(answer('t1') as never);
    await expect(session.refresh()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(session.refresh()).rejects.toMatchObject({ code: 'offline' });
    expect(session.isOpen).toBe(true);
    expect(await session.refresh()).toBe('t2');
    expect(onEnded).not.toHaveBeenCalled();
  });
});
