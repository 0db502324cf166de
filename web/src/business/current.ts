/** Which business is open: the last one chosen on this device. */
import { useSyncExternalStore } from "react";
import { useSuspenseQuery } from "@tanstack/react-query";

import { businessesQuery } from "../api/queries";
import type { Business } from "../api/types";

const KEY = "marquee.business";
const listeners = new Set<() => void>();

/** Open another business. */
export function chooseBusiness(id: string): void {
  localStorage.setItem(KEY, id);
  listeners.forEach((listener) => listener());
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The stored choice, which may be gone. */
export function useChoice(): string | null {
  return useSyncExternalStore(subscribe, () => localStorage.getItem(KEY));
}

/** All businesses of the person, newest first. */
export function useBusinesses(): Business[] {
  return useSuspenseQuery(businessesQuery).data;
}

/** The open business. The routes that use it load only when there is one. */
export function useBusiness(): Business {
  const businesses = useBusinesses();
  const choice = useChoice();
  const found = businesses.find((business) => business.id === choice) ?? businesses[0];
  if (!found) throw new Error("no business");
  return found;
}
