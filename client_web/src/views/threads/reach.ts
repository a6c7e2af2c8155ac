import type { Thread } from '../../api/threads';

export type Reach = 'read' | 'received' | 'sent';

/** How far the last message got with those it is for: whoever answers for the role, or its asker. */
export function reachOf(thread: Thread): Reach | null {
  const { last } = thread;
  if (last === null) return null;
  const answers = [thread.holder?.id, thread.backup?.id];
  const wanted = answers.includes(last.sender.id) ? [thread.opener.id] : answers;
  const those = thread.progress.filter(({ person }) => wanted.includes(person));
  if (those.some(({ read }) => read)) return 'read';
  return those.some(({ received }) => received) ? 'received' : 'sent';
}
