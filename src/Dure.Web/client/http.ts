// Requests to the node this page came from. A refusal becomes an error with the words of its problem document.

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const problem = (await response.json().catch(() => null)) as { detail?: string; title?: string } | null;
  throw new Error(problem?.detail ?? problem?.title ?? `${response.status} ${response.statusText}`);
}

export async function getJson<T>(address: string, signal?: AbortSignal): Promise<T> {
  return answer<T>(await fetch(address, { headers: { Accept: 'application/json' }, ...(signal ? { signal } : {}) }));
}

export async function postJson<T>(address: string): Promise<T> {
  return answer<T>(await fetch(address, { method: 'POST', headers: { Accept: 'application/json' } }));
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
