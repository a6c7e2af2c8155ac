const PREFIX = 'settings.';

/** A device-local preference; private windows may refuse storage, then there is none. */
export function readSetting(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null;
  }
}

/** Remembers a preference where the browser lets us. */
export function writeSetting(name: string, value: string): void {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // A preference that cannot be kept still holds for this page.
  }
}
