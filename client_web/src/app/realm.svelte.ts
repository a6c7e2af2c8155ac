/** Which realm this is: the network itself, or its training sandbox. */
interface About {
  readonly version: string;
  readonly training: boolean;
  readonly training_offered: boolean;
  readonly source_url: string | null;
}

let about = $state.raw<About | null>(null);

/** Asks the server; the sandbox looks different from then on. A failure leaves the plain look. */
export async function startRealm(): Promise<void> {
  try {
    const answer = await fetch('/api/v1/about', { cache: 'no-store' });
    if (!answer.ok) return;
    about = (await answer.json()) as About;
    if (about.training) document.documentElement.dataset['realm'] = 'training';
  } catch {
    return;
  }
}

export function isTraining(): boolean {
  return about?.training ?? false;
}

export function isTrainingOffered(): boolean {
  return about?.training_offered ?? false;
}

export function versionOfServer(): string | null {
  return about?.version ?? null;
}

/** Where the source of this server is, if whoever runs it said so (AGPL-3.0 §13). */
export function sourceUrl(): string | null {
  return about?.source_url ?? null;
}
