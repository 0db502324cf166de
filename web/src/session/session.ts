/** Who is signed in: begins, is renewed and ends here; the token itself stays in memory. */
import { useSyncExternalStore } from "react";

import { api, ok, refresh, setTokens, watchTokens } from "../api/client";
import type { User } from "../api/types";
import { claim, forget } from "./kept";

let user: User | null = null;
const listeners = new Set<() => void>();

watchTokens((tokens) => {
  const before = user;
  user = tokens?.user ?? null;
  if (user) claim(user.id);
  if (!user && !before) return;
  listeners.forEach((listener) => listener());
});

/** Take up the session that the browser's cookie holds, if any. */
export async function resume(): Promise<void> {
  const { signed_in } = await ok(api.GET("/auth/session"));
  if (signed_in) await refresh();
}

/** Sign in; a wrong password is a ProblemError. */
export async function signIn(email: string, password: string): Promise<void> {
  setTokens(await ok(api.POST("/auth/login", { body: { email, password } })));
}

/** Create an account and sign in to it. */
export async function register(name: string, email: string, password: string, invitation: string): Promise<void> {
  const body = { email, password, name, invitation: invitation || null };
  setTokens(await ok(api.POST("/auth/register", { body })));
}

/** End the session here and on the server. */
export async function signOut(): Promise<void> {
  await api.POST("/auth/logout").catch(() => undefined);
  setTokens(null);
  forget();
}

/** Be told when somebody signs in or out. */
export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The person, outside of React. */
export function currentUser(): User | null {
  return user;
}

/** The person; null when nobody is signed in. */
export function useUser(): User | null {
  return useSyncExternalStore(onSession, currentUser);
}
