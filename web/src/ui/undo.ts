/** The last thing that was done and can be taken back: for 8 s, one at a time. */
import { useSyncExternalStore } from "react";

export interface Offer {
  /** What was done. */
  text: string;
  /** Takes it back. */
  undo?: () => void;
  /** Makes it final. */
  done?: () => Promise<void>;
}

export const OFFER_MS = 8000;

const listeners = new Set<() => void>();
let offer: Offer | null = null;
let settling: Promise<void> = Promise.resolve();
let hidden: ReadonlySet<string> = new Set();

function show(next: Offer | null): void {
  offer = next;
  listeners.forEach((listener) => listener());
}

function hide(ids: string[], is: boolean): void {
  const rest = [...hidden].filter((each) => !ids.includes(each));
  hidden = new Set(is ? [...rest, ...ids] : rest);
  listeners.forEach((listener) => listener());
}

/** Say what was done and how to take it back; what was offered before is made final. */
export function offerUndo(next: Offer): void {
  void settle();
  show(next);
}

/** Make final what was offered; resolves when the server knows. */
export function settle(): Promise<void> {
  const done = offer?.done;
  show(null);
  if (done) settling = settling.then(done);
  return settling;
}

/** Make final what so far is only hidden; resolves when the server knows. */
export function commit(): Promise<void> {
  return offer?.done ? settle() : settling;
}

/** Take back what was offered. */
export function takeBack(): void {
  const undo = offer?.undo;
  show(null);
  undo?.();
}

/** Hide documents now and delete them once it can no longer be taken back.
 *
 * `send` answers what went wrong, if anything; it also brings the lists up to date.
 */
export function deleteLater(
  ids: string[],
  text: string,
  send: () => Promise<string | null>,
  onUndo: () => void = () => undefined,
): void {
  offerUndo({
    text,
    undo: () => {
      hide(ids, false);
      onUndo();
    },
    done: async () => {
      const wrong = await send();
      hide(ids, false);
      if (wrong) show({ text: wrong });
    },
  });
  hide(ids, true);
}

/** What can be taken back now. */
export function useOffer(): Offer | null {
  return useSyncExternalStore(subscribe, () => offer);
}

/** The ids of what is about to be deleted. */
export function useHidden(): ReadonlySet<string> {
  return useSyncExternalStore(subscribe, () => hidden);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
