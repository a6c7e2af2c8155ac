import type { MessageKey } from '../../i18n/index.svelte';

export type Action = 'mic' | 'camera' | 'share' | 'hand' | 'chat' | 'documents' | 'people' | 'help';

export interface Shortcut {
  key: string;
  action: Action;
  words: MessageKey;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { key: 'm', action: 'mic', words: 'call.device.microphone' },
  { key: 'v', action: 'camera', words: 'call.device.camera' },
  { key: 's', action: 'share', words: 'call.share.start' },
  { key: 'h', action: 'hand', words: 'call.hand.raise' },
  { key: 'c', action: 'chat', words: 'room.tab.chat' },
  { key: 'd', action: 'documents', words: 'room.tab.documents' },
  { key: 'p', action: 'people', words: 'room.tab.people' },
  { key: '?', action: 'help', words: 'call.shortcuts.help' },
];

interface Pressed {
  key: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  repeat: boolean;
  target: EventTarget | null;
}

/** The action of a key press; none while the person types or holds a modifier. */
export function actionOf(press: Pressed): Action | null {
  if (press.ctrlKey || press.metaKey || press.altKey || press.repeat) return null;
  const target = press.target as { closest?: (selector: string) => unknown } | null;
  if (target?.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable], dialog')) return null;
  return SHORTCUTS.find(({ key }) => key === press.key.toLowerCase())?.action ?? null;
}
