// Requests to the node this page came from. A refusal becomes an error with the words of its problem document.

/** What a problem document says, in its parts. */
export class Refusal extends Error {
  constructor(message: string, readonly what: string, readonly where: string, readonly mend: string) {
    super(message);
  }
}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as { detail?: string; title?: string; where?: string; mend?: string } | null;
  const what = problem?.title ?? `${response.status} ${response.statusText}`;
  throw new Refusal(problem?.detail ?? what, what, problem?.where ?? '', problem?.mend ?? '');
}

export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  return answer<T>(await fetch(address, { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) }));
}

export async function postJson<T>(address: string): Promise<T> {
  return answer<T>(await fetch(address, { method: 'POST', headers: { Accept: 'application/json' } }));
}

export async function sendJson<T>(method: 'POST' | 'PUT' | 'DELETE', address: string, body?: unknown): Promise<T> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  return answer<T>(await fetch(address, { method, headers: { Accept: 'application/json', 'Content-Type': 'application/json' }, ...content }));
}

/** Sends the bytes of a file as they are. */
export async function sendFile<T>(address: string, file: Blob): Promise<T> {
  return answer<T>(await fetch(address, { method: 'POST', headers: { Accept: 'application/json', 'Content-Type': 'application/octet-stream' }, body: file }));
}

/** Follows the server's events; `state` tells whether the line stands. The browser itself tries again after a loss. */
export function follow(address: string, handlers: Record<string, (data: unknown) => void>, state: (on: boolean) => void): EventSource {
  const events = new EventSource(address);
  events.onopen = () => state(true);
  events.onerror = () => state(false);
  for (const [name, handle] of Object.entries(handlers))
    events.addEventListener(name, (event) => handle(JSON.parse((event as MessageEvent<string>).data)));
  return events;
}
