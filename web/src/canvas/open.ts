/** What the canvas shows, kept in the address: a draft, the whole calendar, or the facts. */
import { useNavigate, useSearch } from "@tanstack/react-router";

export interface CanvasSearch {
  show?: "facts" | "calendar" | undefined;
  card?: string | undefined;
  fact?: string | undefined;
}

/** Read the address; anything unknown is left out. */
export function readSearch(search: Record<string, unknown>): CanvasSearch {
  const { show, card, fact } = search;
  return {
    show: show === "facts" || show === "calendar" ? show : undefined,
    card: typeof card === "string" ? card : undefined,
    fact: typeof fact === "string" ? fact : undefined,
  };
}

/** What is open, and how to open something else. */
export function useOpen() {
  const search: CanvasSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const go = (next: CanvasSearch) => void navigate({ to: ".", search: next, replace: true });
  return {
    show: search.show,
    opened: search.card,
    fact: search.fact,
    open: (card: string) => go({ card }),
    openAll: () => go({ show: "calendar" }),
    openFacts: (fact?: string) => go({ show: "facts", fact }),
    close: () => go({}),
  };
}
