import { t } from '../../i18n/index.svelte';
import type { Sender } from '../../protocol/types';

export interface RecordedFile {
  id: string;
  person: string;
  name: string;
  source: 'camera' | 'microphone' | 'screen' | 'screen_audio';
  offset_ms: number;
  duration_ms: number;
  bytes: number;
}

export interface Recording {
  id: string;
  state: 'active' | 'stopped' | 'ready';
  by: Sender;
  started_at: string;
  expires_at: string | null;
  files: RecordedFile[];
  mix: { state: 'waiting' | 'making' | 'ready' | 'failed'; progress: number } | null;
}

export interface Playing {
  recording: string;
  file: string;
  name: string;
  url: string;
}

/** “Ada, camera, 12:05”. */
export function fileName(file: RecordedFile): string {
  const seconds = Math.round(file.duration_ms / 1000);
  const minutes = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return t('recording.file', {
    name: file.name,
    source: t(`recording.source.${file.source}`),
    minutes,
  });
}
