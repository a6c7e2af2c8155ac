/** A fetch that answers from a script and remembers what was asked. */
export interface Asked {
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  readonly body: unknown;
}

type Reply = Response | (() => Response | Promise<Response>);

export function scripted(...replies: Reply[]): { send: typeof fetch; asked: Asked[] } {
  const asked: Asked[] = [];
  const send: typeof fetch = async (input, init) => {
    asked.push({
      url: String(input),
      method: init?.method ?? 'GET',
      headers: new Headers(init?.headers),
      body: typeof init?.body === 'string' ? JSON.parse(init.body) : undefined,
    });
    const reply = replies.shift();
    if (reply === undefined) throw new TypeError('nothing more was scripted');
    return typeof reply === 'function' ? reply() : reply;
  };
  return { send, asked };
}

export function json(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json' },
  });
}

export function refusal(status: number, code: string, more: object = {}): Response {
  return json({ type: 'about:blank', title: code, status, code, ...more }, status);
}
