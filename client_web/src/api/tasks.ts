/** *Task* of docs/protocol.md: one thing that waits for the person. */
export interface Task {
  readonly kind: string;
  readonly subject: string;
  readonly title: string;
  readonly urgency: 'now' | 'today' | 'later';
  readonly place: string;
  readonly due_at: string | null;
}
