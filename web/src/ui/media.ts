/** What there is room for: media queries, and the width of an element, kept current. */
import { useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";

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

/** The width of the element in px, measured before it is painted. */
export function useWidth<E extends HTMLElement>() {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { current } = element;
    if (!current) return;
    const measure = () => setWidth(current.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  return [element, width] as const;
}
