import type { MessageKey } from '../i18n/keys';

/** What a task asks, in words, by its kind (the key's argument is `title`). */
export const TASK_WORDS: Readonly<Record<string, MessageKey>> = {
  'studies.report': 'studies.task.report',
  'studies.read': 'studies.task.read',
  'studies.tell': 'studies.task.tell',
  'guard.accept': 'guard.task.accept',
  'guard.report': 'guard.task.report',
  'guard.acknowledge': 'guard.task.acknowledge',
  'guard.cover': 'guard.task.cover',
  'televisits.waiting': 'televisits.task.waiting',
  'televisits.next': 'televisits.task.next',
  'televisits.report': 'televisits.task.report',
  'consultations.confirm': 'consultations.task.confirm',
  'consultations.join': 'consultations.task.join',
  'consultations.opinion': 'consultations.task.opinion',
  'consultations.synthesis': 'consultations.task.synthesis',
  'pathways.overdue': 'pathways.task.overdue',
  'pathways.book': 'pathways.task.book',
  'pathways.record': 'pathways.task.record',
  'pathways.visit': 'pathways.task.visit',
  'pathways.handover': 'pathways.task.handover',
  'thread.acknowledge': 'threads.task.acknowledge',
  'rota.gap': 'rotas.task.gap',
  'boards.join': 'boards.task.join',
  'boards.sign': 'boards.task.sign',
  'boards.represent': 'boards.task.represent',
};
