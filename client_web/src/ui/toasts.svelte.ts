import type { IconName } from './icons';

export type ToastTone = 'info' | 'success' | 'danger';

export interface Toast {
  readonly id: number;
  readonly tone: ToastTone;
  readonly text: string;
}

export const TOAST_ICONS: Readonly<Record<ToastTone, IconName>> = {
  info: 'info',
  success: 'check',
  danger: 'alert',
};

/** A person reads some three words a second; failures stay until dismissed. */
const SHOWN_MS = 6000;
const MOST_SHOWN = 4;

let nextId = 1;
let shown = $state<Toast[]>([]);

/** Toasts on screen, oldest first. */
export function toasts(): readonly Toast[] {
  return shown;
}

/** Says something briefly without interrupting; announced by the live region. */
export function toast(text: string, tone: ToastTone = 'info'): void {
  const id = nextId++;
  const kept = shown.filter((other) => other.text !== text).slice(1 - MOST_SHOWN);
  shown = [...kept, { id, tone, text }];
  if (tone !== 'danger') setTimeout(() => dismiss(id), SHOWN_MS);
}

export function dismiss(id: number): void {
  shown = shown.filter((other) => other.id !== id);
}
