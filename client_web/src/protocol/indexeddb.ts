import { MemoryStorage, type Storage } from './storage';

const DATABASE = 'room-client';
const STORES = ['outbox', 'uploads'] as const;
export type StoreName = (typeof STORES)[number];

/** Storage in IndexedDB; falls back to memory where the browser refuses a database. */
export async function openStorage<T>(store: StoreName): Promise<Storage<T>> {
  try {
    return new IndexedStorage<T>(await openDatabase(), store);
  } catch {
    return new MemoryStorage<T>();
  }
}

/** Erase everything kept on this device (sign-out). */
export function eraseStorage(): Promise<void> {
  return new Promise((resolve) => {
    const request = indexedDB.deleteDatabase(DATABASE);
    request.onsuccess = request.onerror = request.onblocked = () => {
      resolve();
    };
  });
}

class IndexedStorage<T> implements Storage<T> {
  constructor(
    private readonly database: IDBDatabase,
    private readonly store: StoreName,
  ) {}

  all(prefix: string): Promise<T[]> {
    const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
    return this.#run('readonly', (rows) => rows.getAll(range) as IDBRequest<T[]>);
  }

  async put(key: string, value: T): Promise<void> {
    await this.#run('readwrite', (rows) => rows.put(value, key));
  }

  async remove(key: string): Promise<void> {
    await this.#run('readwrite', (rows) => rows.delete(key));
  }

  /** Resolves when the transaction, not only the request, is complete: then it is on disk. */
  #run<R>(mode: IDBTransactionMode, act: (rows: IDBObjectStore) => IDBRequest<R>): Promise<R> {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(this.store, mode);
      const request = act(transaction.objectStore(this.store));
      transaction.oncomplete = () => {
        resolve(request.result);
      };
      transaction.onabort = transaction.onerror = () => {
        reject(transaction.error ?? new Error('storage failed'));
      };
    });
  }
}

function openDatabase(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    request.onsuccess = () => {
      const database = request.result;
      database.onversionchange = () => {
        database.close();
      };
      resolve(database);
    };
    request.onerror = () => {
      reject(request.error ?? new Error('no database'));
    };
  });
}
