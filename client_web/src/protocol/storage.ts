/** Where the outbox keeps what must survive a reload. */
export interface Storage<T> {
  all(prefix: string): Promise<T[]>;
  put(key: string, value: T): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Storage that lasts as long as the page (private windows without IndexedDB, and tests). */
export class MemoryStorage<T> implements Storage<T> {
  readonly #rows = new Map<string, T>();

  all(prefix: string): Promise<T[]> {
    const keys = [...this.#rows.keys()].filter((key) => key.startsWith(prefix)).sort();
    return Promise.resolve(keys.map((key) => structuredClone(this.#rows.get(key) as T)));
  }

  put(key: string, value: T): Promise<void> {
    this.#rows.set(key, structuredClone(value));
    return Promise.resolve();
  }

  remove(key: string): Promise<void> {
    this.#rows.delete(key);
    return Promise.resolve();
  }
}
