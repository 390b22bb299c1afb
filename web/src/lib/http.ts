// JSON over HTTP, with the server's own words where it refuses.
import { isFields, text } from './json';

export class HttpError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

export async function fetchJson(path: string, init: RequestInit): Promise<unknown> {
  const answer = await fetch(path, { ...init, headers: { accept: 'application/json', ...init.headers } });
  if (answer.ok) return answer.json() as Promise<unknown>;
  const said = await answer.json().catch(() => null) as unknown;
  throw new HttpError(answer.status, (isFields(said) && text(said['error'])) || `${path} answered ${answer.status}`);
}

export function putJson(path: string, body: unknown): Promise<unknown> {
  return fetchJson(path, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

export const words = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));
