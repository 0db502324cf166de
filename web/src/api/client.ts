/** The typed client: bearer token from memory, one refresh for all, problems as errors. */
import createClient from "openapi-fetch";

import { asProblem, networkError, ProblemError } from "./problems";
import type { paths } from "./schema";
import type { Sent, Tokens } from "./types";

const EARLY_MS = 30_000;

let tokens: Tokens | null = null;
let expiresAt = 0;
let refreshing: Promise<boolean> | null = null;
let onTokens: (tokens: Tokens | null) => void = () => undefined;

/** Who is told when a session begins, is renewed or ends. */
export function watchTokens(listener: (tokens: Tokens | null) => void): void {
  onTokens = listener;
}

/** Take over a session; null ends it. */
export function setTokens(next: Tokens | null): void {
  tokens = next;
  expiresAt = next ? Date.now() + next.expires_in * 1000 : 0;
  onTokens(next);
}

/** Renew the session from the cookie; false when there is none any more. */
export function refresh(): Promise<boolean> {
  refreshing ??= renew().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function renew(): Promise<boolean> {
  const response = await fetch("/auth/refresh", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  }).catch(() => null);
  if (response?.ok) {
    setTokens((await response.json()) as Tokens);
    return true;
  }
  if (response && (response.status === 401 || response.status === 403)) {
    setTokens(null);
    return false;
  }
  throw response ? new ProblemError(asProblem(null, response.status)) : networkError();
}

/** `fetch` with the session: renews before the token ends, and once when it is refused. */
export async function authFetch(input: Request): Promise<Response> {
  if (tokens && Date.now() > expiresAt - EARLY_MS) await refresh();
  const again = tokens ? input.clone() : null;
  const response = await send(input);
  if (response.status !== 401 || !again || new URL(input.url).pathname.startsWith("/auth/")) return response;
  return (await refresh()) ? send(again) : response;
}

async function send(request: Request): Promise<Response> {
  if (tokens) request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
  try {
    return await fetch(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw networkError();
  }
}

export const api = createClient<paths>({ baseUrl: location.origin, fetch: authFetch });

/** What the client gives for a request. */
export interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The data of an answer; a problem is thrown. */
export async function ok<T>(answer: Promise<Answer<T>>): Promise<Sent<T>> {
  const { data, error, response } = await answer;
  if (!response.ok) throw new ProblemError(asProblem(error, response.status));
  return data as Sent<T>;
}

/** A version as the entity tag that `If-Match` takes. */
export function etag(version: number): string {
  return `"${version}"`;
}
