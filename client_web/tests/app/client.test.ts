import { describe, expect, it } from 'vitest';

import { ApiClient, urlOf, type Credentials } from '../../src/api/client';
import { json, refusal, scripted } from './answers';

function credentials(token: string | null, renewed: string | null = null): Credentials {
  return { token: () => Promise.resolve(token), renew: () => Promise.resolve(renewed) };
}

describe('ApiClient', () => {
  it('carries the token in the header, never in the address', async () => {
    const { send, asked } = scripted(json({ id: 'r1' }));
    const room = await new ApiClient(credentials('secret'), send).get('rooms/r1');
    expect(room).toEqual({ id: 'r1' });
    expect(asked[0]?.headers.get('Authorization')).toBe('Bearer secret');
    expect(asked[0]?.url).not.toContain('secret');
  });

  it('goes without a header when there is no token', async () => {
    const { send, asked } = scripted(json({ items: [] }));
    await new ApiClient(credentials(null), send).get('organisations');
    expect(asked[0]?.headers.has('Authorization')).toBe(false);
  });

  it('renews a refused token once and repeats the request', async () => {
    const { send, asked } = scripted(refusal(401, 'unauthenticated'), json({ ok: true }));
    await new ApiClient(credentials('old', 'new'), send).post('rooms', { title: 'x' });
    expect(asked.map(({ headers }) => headers.get('Authorization'))).toEqual([
      'Bearer old',
      'Bearer new',
    ]);
    expect(asked[1]?.body).toEqual({ title: 'x' });
  });

  it('gives up after the second refusal', async () => {
    const { send, asked } = scripted(
      refusal(401, 'unauthenticated'),
      refusal(401, 'unauthenticated'),
    );
    const call = new ApiClient(credentials('old', 'new'), send).get('me');
    await expect(call).rejects.toMatchObject({ code: 'unauthenticated' });
    expect(asked).toHaveLength(2);
  });

  it('does not renew for a wrong password', async () => {
    const { send, asked } = scripted(refusal(401, 'credentials-invalid'));
    const call = new ApiClient(credentials('old', 'new'), send).post('auth/password', {});
    await expect(call).rejects.toMatchObject({ code: 'credentials-invalid' });
    expect(asked).toHaveLength(1);
  });

  it('sends the idempotency key', async () => {
    const { send, asked } = scripted(json({}, 201));
    await new ApiClient(credentials('t'), send).post('rooms', {}, { idempotencyKey: 'k1' });
    expect(asked[0]?.headers.get('Idempotency-Key')).toBe('k1');
  });

  it('answers nothing for 204', async () => {
    const { send } = scripted(new Response(null, { status: 204 }));
    await expect(
      new ApiClient(credentials('t'), send).delete('rooms/r1/members/p1'),
    ).resolves.toBeUndefined();
  });

  it('calls a dead network offline', async () => {
    const { send } = scripted(() => Promise.reject(new TypeError('Failed to fetch')));
    const call = new ApiClient(credentials('t'), send).get('me');
    await expect(call).rejects.toMatchObject({ code: 'offline', status: 0 });
  });

  it('calls a request that its screen gave up aborted', async () => {
    const abort = new AbortController();
    const { send } = scripted(() => {
      abort.abort();
      return Promise.reject(new DOMException('aborted', 'AbortError'));
    });
    const call = new ApiClient(credentials('t'), send).get('people', { signal: abort.signal });
    await expect(call).rejects.toMatchObject({ code: 'aborted' });
  });
});

describe('urlOf', () => {
  it('leaves out what is absent and escapes the rest', () => {
    expect(urlOf('people', { q: 'Rossi & C', cursor: null, limit: 20, role: undefined })).toBe(
      '/api/v1/people?q=Rossi+%26+C&limit=20',
    );
    expect(urlOf('me')).toBe('/api/v1/me');
  });
});
