/** Which business is open: the one that the address belongs to, else the last one chosen in this window. */
import { useEffect, useSyncExternalStore } from "react";
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useParams, useSearch } from "@tanstack/react-router";

import { businessesQuery, campaignQuery, threadQuery } from "../api/queries";
import type { Business } from "../api/types";

const KEY = "marquee.business";
const listeners = new Set<() => void>();
const owners = new Map<string, string>();

/** Open another business. The next window begins with it; those that are open stay where they are. */
export function chooseBusiness(id: string): void {
  sessionStorage.setItem(KEY, id);
  localStorage.setItem(KEY, id);
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function choice(): string | null {
  return sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);
}

/** Note to whom a thread belongs before it is read, which never changes. */
export function ownThread(threadId: string, businessId: string): void {
  owners.set(threadId, businessId);
}

/** To whom a thread belongs that was begun in this window, or listed. */
export function ownerOf(threadId: string): string | undefined {
  return owners.get(threadId);
}

/** All businesses of the person, newest first. */
export function useBusinesses(): Business[] {
  return useSuspenseQuery(businessesQuery).data;
}

/** The open business. The routes that use it load only when there is one. */
export function useBusiness(): Business {
  const businesses = useBusinesses();
  const chosen = useSyncExternalStore(subscribe, choice);
  const { threadId } = useParams({ strict: false });
  const { fact, campaign } = useSearch({ strict: false });
  const { data: planned } = useQuery({ ...campaignQuery(campaign ?? ""), enabled: false, select: (each) => each.business_id });
  const { data: told } = useQuery({ ...threadQuery(threadId ?? ""), enabled: false, select: (thread) => thread.business_id });
  const owner = threadId
    ? (told ?? ownerOf(threadId))
    : campaign
      ? planned
      : businesses.find((business) => business.facts.some((each) => each.id === fact))?.id;
  const byId = (id: string | null | undefined) => businesses.find((business) => business.id === id);
  const found = byId(owner) ?? byId(chosen) ?? businesses[0];
  if (!found) throw new Error("no business");
  return found;
}

/** What the address opened stays open when the address no longer says it. */
export function useKeptChoice(): void {
  const { id } = useBusiness();
  useEffect(() => {
    if (choice() !== id) chooseBusiness(id);
  }, [id]);
}
