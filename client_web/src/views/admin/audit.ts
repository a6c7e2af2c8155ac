const IDS = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}([0-9a-f]{8})/g;

/** The same with each id cut to its end: the beginning of those made together is the same. */
export function withShortIds(text: string): string {
  return text.replace(IDS, '…$1');
}

/** What an entry says beside its columns. */
export function detailsOf(data: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(data).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
}
