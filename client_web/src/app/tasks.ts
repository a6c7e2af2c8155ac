import type { MessageKey } from '../i18n/keys';

/** What a task asks, in words, by its kind (the key's argument is `title`). */
export const TASK_WORDS: Readonly<Record<string, MessageKey>> = {};
