import type { ApiClient } from '../../api/client';
import type { DocumentInfo } from '../../protocol/types';
import { downloadVerified } from '../../upload/download';

const REVOKE_MS = 60_000;

/** Fetch a document with the person's authorisation, check it, and hand it to the browser to keep. */
export async function saveDocument(
  api: ApiClient,
  room: string,
  document_info: DocumentInfo,
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const blob = await downloadVerified(
    document_info,
    (offset, abort) =>
      api.raw(`rooms/${room}/documents/${document_info.id}/content`, {
        signal: abort,
        headers: offset > 0 ? { Range: `bytes=${offset}-`, 'If-Range': `"sha256-${document_info.sha256}"` } : {},
      }),
    progress,
    signal,
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = document_info.name;
  link.click();
  setTimeout(() => {
    URL.revokeObjectURL(link.href);
  }, REVOKE_MS);
}
