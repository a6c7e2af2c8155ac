import { asProblem, type Code } from '../api/problem';
import { t } from '../i18n/index.svelte';

type ProblemKey = `problem.${Code}`;

/** What went wrong in the person's language, and what to do about it. */
export function problemText(thrown: unknown): string {
  const problem = asProblem(thrown);
  const key: ProblemKey = `problem.${problem.code}`;
  if (problem.code === 'rate-limited') {
    return t(key, { seconds: Math.ceil(problem.retryAfterSeconds ?? 30) });
  }
  if (problem.code === 'internal') return t(key, { id: problem.id ?? '—' });
  return t(key);
}

/** The server's word on one field of an `invalid` request, if it gave one. */
export function fieldProblem(thrown: unknown, path: string): string | undefined {
  if (thrown === null || thrown === undefined) return undefined;
  return asProblem(thrown).errors.find((error) => error.path.split('.').at(-1) === path)?.message;
}
