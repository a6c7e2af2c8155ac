import { Problem, problemFrom } from './problem';

/** Where a request's bearer token comes from, and how a refused one is renewed. */
export interface Credentials {
  /** A token believed valid, or null to go without. */
  token(): Promise<string | null>;
  /** A newer token than the rejected one, or null when access has ended. */
  renew(rejected: string): Promise<string | null>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Query = Readonly<Record<string, string | number | boolean | null | undefined>>;

export interface RequestOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  /** Makes a repeated creation safe (protocol §3). */
  readonly idempotencyKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const BASE = '/api/v1/';

/** REST over fetch: bearer token, one renewal on 401, problem+json thrown as Problem. */
export class ApiClient {
  constructor(
    private readonly credentials: Credentials,
    private readonly send: typeof fetch = (input, init) => fetch(input, init),
  ) {}

  get<T>(path: string, options?: RequestOptions): Promise<T> {
    return this.json<T>('GET', path, undefined, options);
  }

  post<T = void>(path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return this.json<T>('POST', path, body, options);
  }

  put<T = void>(path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return this.json<T>('PUT', path, body, options);
  }

  patch<T = void>(path: string, body?: unknown, options?: RequestOptions): Promise<T> {
    return this.json<T>('PATCH', path, body, options);
  }

  delete<T = void>(path: string, options?: RequestOptions): Promise<T> {
    return this.json<T>('DELETE', path, undefined, options);
  }

  /** The raw successful answer, for bodies that are not JSON (a document's content). */
  async raw(path: string, options?: RequestOptions): Promise<Response> {
    return this.authorised('GET', path, undefined, options);
  }

  private async json<T>(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions | undefined,
  ): Promise<T> {
    const response = await this.authorised(method, path, body, options);
    if (response.status === 204 || response.status === 205) return undefined as T;
    const text = await response.text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async authorised(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions | undefined,
  ): Promise<Response> {
    const token = await this.credentials.token();
    const first = await this.once(method, path, body, options, token);
    if (first.ok) return first;
    const problem = await problemFrom(first);
    if (problem.code !== 'unauthenticated' || token === null) throw problem;
    const renewed = await this.credentials.renew(token);
    if (renewed === null) throw problem;
    const second = await this.once(method, path, body, options, renewed);
    if (second.ok) return second;
    throw await problemFrom(second);
  }

  private async once(
    method: Method,
    path: string,
    body: unknown,
    options: RequestOptions | undefined,
    token: string | null,
  ): Promise<Response> {
    const headers = new Headers({ Accept: 'application/json, application/problem+json' });
    if (body !== undefined) headers.set('Content-Type', 'application/json');
    if (token !== null) headers.set('Authorization', `Bearer ${token}`);
    if (options?.idempotencyKey) headers.set('Idempotency-Key', options.idempotencyKey);
    for (const [name, value] of Object.entries(options?.headers ?? {})) headers.set(name, value);
    const init: RequestInit = { method, headers, credentials: 'same-origin', cache: 'no-store' };
    if (body !== undefined) init.body = JSON.stringify(body);
    if (options?.signal) init.signal = options.signal;
    try {
      return await this.send(urlOf(path, options?.query), init);
    } catch (thrown) {
      const isAborted = options?.signal?.aborted ?? false;
      throw new Problem(isAborted ? 'aborted' : 'offline', { status: 0, detail: String(thrown) });
    }
  }
}

/** `rooms/x` + query → `/api/v1/rooms/x?…`; absent values are left out. */
export function urlOf(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') parameters.set(name, String(value));
  }
  const suffix = parameters.size > 0 ? `?${parameters}` : '';
  return BASE + path.replace(/^\/+/, '') + suffix;
}
