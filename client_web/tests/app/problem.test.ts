import { describe, expect, it } from 'vitest';

import { asProblem, CODES, Problem, problemFrom } from '../../src/api/problem';
import en from '../../src/i18n/en';
import { json, refusal } from './answers';

describe('problemFrom', () => {
  it('keeps the stable code and what goes with it', async () => {
    const problem = await problemFrom(
      refusal(422, 'invalid', { errors: [{ path: 'body.title', message: 'too long' }], id: 'e1' }),
    );
    expect(problem).toMatchObject({
      code: 'invalid',
      status: 422,
      id: 'e1',
      errors: [{ path: 'body.title', message: 'too long' }],
    });
  });

  it('knows when to try again, from the body or the header', async () => {
    expect(
      (await problemFrom(refusal(429, 'rate-limited', { retry_after: 7 }))).retryAfterSeconds,
    ).toBe(7);
    const bare = new Response('', { status: 429, headers: { 'Retry-After': '9' } });
    expect(await problemFrom(bare)).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 9 });
  });

  it.each([
    [502, 'unavailable'],
    [401, 'unauthenticated'],
    [404, 'not-found'],
    [500, 'internal'],
  ])('guesses by status %i what a proxy meant', async (status, code) => {
    expect((await problemFrom(new Response('<html>', { status }))).code).toBe(code);
  });

  it('does not trust an unknown code', async () => {
    expect((await problemFrom(json({ code: 'constructor' }, 403))).code).toBe('forbidden');
  });
});

describe('asProblem', () => {
  it('passes problems on and wraps the rest', () => {
    const problem = new Problem('conflict', { status: 409 });
    expect(asProblem(problem)).toBe(problem);
    expect(asProblem({ code: 'room-locked' }).code).toBe('room-locked');
    expect(asProblem(new TypeError('bug')).code).toBe('internal');
  });
});

it('has words for every code', () => {
  expect(CODES.filter((code) => !(`problem.${code}` in en))).toEqual([]);
});
