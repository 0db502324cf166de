/** Whether a media query holds, kept current. */
import { useSyncExternalStore } from "react";

/** Re-renders when the answer changes. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const list = matchMedia(query);
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}

/** Below this width chat and canvas no longer fit side by side. */
export function usePhone(): boolean {
  return useMedia("(max-width: 899px)");
}
