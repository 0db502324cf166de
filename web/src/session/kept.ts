/** What this window keeps over a reload and a sign-in: the address, and what was typed and not sent or saved. */
import { useCallback, useSyncExternalStore } from "react";

interface Kept {
  /** Whose it is; nobody else finds it. */
  user: string | null;
  /** The address to come back to. */
  back: string | null;
  /** The text of the composer, by thread. */
  texts: Record<string, string>;
  /** What is being edited, by its place. */
  edits: Record<string, Edit<unknown>>;
}

/** Something while it is edited: as it was opened, and as it is typed. */
export interface Edit<T> {
  before: T;
  now: T;
}

/** Whether anything was typed. */
export function isChanged({ before, now }: Edit<unknown>): boolean {
  return JSON.stringify(before) !== JSON.stringify(now);
}

const KEY = "marquee.kept";
const NONE: Kept = { user: null, back: null, texts: {}, edits: {} };
const listeners = new Set<() => void>();
let kept: Kept = { ...NONE, ...(JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Kept>) };

function write(change: Partial<Kept>): void {
  kept = { ...kept, ...change };
  sessionStorage.setItem(KEY, JSON.stringify(kept));
  listeners.forEach((listener) => listener());
}

/** The sentence not sent in a thread. */
export function keptText(thread: string): string {
  return kept.texts[thread] ?? "";
}

/** Keep a sentence; an empty one is forgotten. */
export function keepText(thread: string, text: string): void {
  if (text === keptText(thread)) return;
  const texts = Object.entries({ ...kept.texts, [thread]: text }).filter(([, each]) => each);
  write({ texts: Object.fromEntries(texts) });
}

/** Keep what is being edited at a place; null forgets it. */
export function keepEdit(place: string, edit: Edit<unknown> | null): void {
  const edits = Object.entries(kept.edits).filter(([each]) => each !== place);
  write({ edits: Object.fromEntries(edit ? [...edits, [place, edit]] : edits) });
}

/** What is being edited at a place, however often its component is taken away and shown again. */
export function useEdit<E extends Edit<unknown>>(place: string): [E | null, (edit: E | null) => void] {
  const edit = useSyncExternalStore(subscribe, () => (kept.edits[place] ?? null) as E | null);
  return [edit, useCallback((next: E | null) => keepEdit(place, next), [place])];
}

/** How many edits are typed and not saved. */
export function useEditCount(): number {
  return useSyncExternalStore(subscribe, () => Object.values(kept.edits).filter(isChanged).length);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Where to go after the next sign-in. */
export function keepBack(address: string): void {
  write({ back: address });
}

/** The address to come back to, told once. */
export function takeBack(): string | null {
  const { back } = kept;
  write({ back: null });
  return back;
}

/** Whether a session in this window ended without a sign-out. */
export function wasCut(): boolean {
  return kept.user !== null;
}

/** Somebody is signed in: what another person left is gone. */
export function claim(user: string): void {
  if (kept.user !== null && kept.user !== user) forget();
  if (kept.user !== user) write({ user });
}

/** Forget it all. */
export function forget(): void {
  write(NONE);
  sessionStorage.removeItem(KEY);
}
