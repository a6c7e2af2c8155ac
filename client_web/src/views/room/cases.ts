import type { Component } from 'svelte';

import type { RoomSession } from './session.svelte';

export interface CaseProperties {
  readonly room: string;
  readonly session: RoomSession;
}

type CasePanel = () => Promise<{ default: Component<CaseProperties> }>;

/** What stands beside the call in a room that a service opened, by the room's kind. */
export const CASE_PANELS: Readonly<Record<string, CasePanel>> = {
  guard: () => import('../guard/CasePanel.svelte'),
  thread: () => import('../threads/CasePanel.svelte'),
  consultation: () => import('../consultations/CasePanel.svelte'),
  televisit: () => import('../televisits/CasePanel.svelte'),
  study: () => import('../studies/CasePanel.svelte'),
  pathway: () => import('../pathways/CasePanel.svelte'),
  board: () => import('../boards/CasePanel.svelte'),
};

/** The case's panel in this room, for those who belong to its team; guests have none. */
export function casePanelOf(session: RoomSession): CasePanel | undefined {
  return session.auth.me.guest ? undefined : CASE_PANELS[session.kind ?? ''];
}
