import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import type { ApiClient } from '../../src/api/client';
import { Problem } from '../../src/api/problem';
import type { Report } from '../../src/api/reports';
import { Draft } from '../../src/views/reports/draft.svelte';

const report = (version: number, findings = ''): Report =>
  ({ version, findings, conclusion: '', changed_at: '2026-11-22T03:00:00.000Z' }) as Report;

/** A server whose report somebody moves on, and which answers when it is told to. */
class FakeServer {
  version = 1;
  stored: string[] = [];
  hold: Promise<void> = Promise.resolve();

  async put(_path: string, body: { version: number; findings: string }): Promise<Report> {
    const is_current = body.version === this.version;
    await this.hold;
    if (!is_current) throw new Problem('report-outdated', { status: 409 });
    this.version += 1;
    this.stored.push(body.findings);
    return report(this.version, body.findings);
  }
}

function writing(): { server: FakeServer; draft: Draft } {
  const server = new FakeServer();
  const draft = new Draft(server as unknown as ApiClient, 'r1');
  draft.follow(report(1));
  draft.findings = 'Nodule';
  draft.touch();
  return { server, draft };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('stores words a moment after typing stops', async () => {
  const { server, draft } = writing();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.stored).toEqual(['Nodule']);
  expect(draft.isDirty).toBe(false);
});

it('stores words again when the report moved on before this page knew', async () => {
  const { server, draft } = writing();
  server.version = 2; // a finding was added: its answer is on the way
  await vi.advanceTimersByTimeAsync(2_000);
  expect(draft.problem?.code).toBe('report-outdated');
  draft.follow(report(2));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.stored).toEqual(['Nodule']);
  expect(draft.problem).toBeNull();
  expect(draft.isDirty).toBe(false);
});

it('stores words again when the report moved on while they were under way', async () => {
  const { server, draft } = writing();
  let answer = (): void => undefined;
  server.hold = new Promise((resolve) => (answer = resolve));
  server.version = 2;
  await vi.advanceTimersByTimeAsync(2_000);
  draft.follow(report(2));
  answer();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(server.stored).toEqual(['Nodule']);
  expect(draft.isDirty).toBe(false);
});

it("leaves what somebody else wrote to the author's eyes", async () => {
  const { server, draft } = writing();
  server.version = 2;
  await vi.advanceTimersByTimeAsync(2_000);
  draft.follow(report(2, 'Theirs'));
  await vi.advanceTimersByTimeAsync(5_000);
  expect(server.stored).toEqual([]);
  expect(draft.problem?.code).toBe('report-outdated');
});
