/** What is open beside the chat, kept in the address: a card, the calendar, the campaigns, or the facts. */
import { useEffect, useRef } from "react";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";

export interface CanvasSearch {
  show?: "facts" | "calendar" | "campaigns" | undefined;
  card?: string | undefined;
  fact?: string | undefined;
  /** The campaign that a new conversation is about. */
  campaign?: string | undefined;
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** How many entries back the same page stands with nothing open. */
    depth?: number;
  }
}

/** Read the address; anything unknown is left out. */
export function readSearch(search: Record<string, unknown>): CanvasSearch {
  const { show, card, fact, campaign } = search;
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  return {
    show: show === "facts" || show === "calendar" || show === "campaigns" ? show : undefined,
    card: text(card),
    fact: text(fact),
    campaign: text(campaign),
  };
}

/** Where the focus was when something was opened, and whether it has to follow. */
let opener: HTMLElement | null = null;
let wanted = false;

/** What is open, and how to open something else; Back closes it. */
export function useOpen() {
  const search: CanvasSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const { history } = useRouter();
  const { campaign, show, card } = search;
  const depth = () => history.location.state.depth ?? 0;

  function go(next: CanvasSearch, replace: boolean, follow = true) {
    if (!show && !card) opener = document.activeElement instanceof HTMLElement ? document.activeElement : null;
    wanted = follow;
    void navigate({ to: ".", search: { campaign, ...next }, replace, state: { depth: depth() + (replace ? 0 : 1) } });
  }

  function leave(entries: number) {
    if (!show && !card) return;
    if (entries > 0) history.go(-entries);
    else void navigate({ to: ".", search: { campaign }, replace: true });
    if (entries < depth()) return;
    // An answer that has ended meanwhile is drawn anew, and its chips with it.
    (opener?.isConnected ? opener : document.getElementById("canvas"))?.focus();
    opener = null;
  }

  /** Open a card; the focus goes there too, or stays. */
  function open(to: string, follow = true) {
    if (to !== card) go({ card: to, show: show === "calendar" ? show : undefined }, card !== undefined, follow);
    else if (follow) focusOn(document.getElementById(`card-${to}`));
  }

  /** From place to place nothing is stacked, and the card waits behind them. */
  function place(to: "facts" | "campaigns", fact?: string) {
    go({ show: to, fact, card }, show !== undefined);
  }

  return {
    show,
    opened: card,
    fact: search.fact,
    campaign,
    open,
    openAll: () => go({ show: "calendar" }, show !== undefined),
    openCampaigns: () => place("campaigns"),
    openFacts: (fact?: string) => place("facts", fact),
    /** The fact that the address named is dealt with. */
    forgetFact: () => void navigate({ to: ".", search: { campaign, show, card }, replace: true, state: { depth: depth() } }),
    /** Close what was opened last. */
    close: () => leave(Math.min(1, depth())),
    /** Close everything. */
    closeAll: () => leave(depth()),
  };
}

/** Bring an element into view and put the focus on it. */
function focusOn(element: HTMLElement | null) {
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  element?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  element?.focus({ preventScroll: true });
}

/** Brings an element into view once it is open; the focus follows if a person has opened it, not by the address alone. */
export function useShown<E extends HTMLElement>(open: boolean) {
  const element = useRef<E>(null);
  useEffect(() => {
    if (!open) return;
    if (wanted) focusOn(element.current);
    else element.current?.scrollIntoView({ block: "nearest" });
    wanted = false;
  }, [open]);
  return element;
}
