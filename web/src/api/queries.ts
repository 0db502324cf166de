/** What the page reads, as queries with their keys. */
import { queryOptions } from "@tanstack/react-query";

import { api, ok, type Answer } from "./client";
import type { Sent } from "./types";

interface ListPage<T> {
  items: T[];
  next_cursor?: string | null;
}

/** All items of a list, page by page. */
async function wholeList<T>(page: (cursor: { cursor?: string }) => Promise<Answer<ListPage<T>>>) {
  const all: Sent<T>[] = [];
  let cursor: string | null | undefined;
  do {
    const { items, next_cursor }: Sent<ListPage<T>> = await ok(page(cursor ? { cursor } : {}));
    all.push(...items);
    cursor = next_cursor;
  } while (cursor);
  return all;
}

/** How often it is looked whether stale checks were made again. */
const STALE_CHECKS_MS = 3_000;

export const optionsQuery = queryOptions({
  queryKey: ["options"],
  queryFn: () => ok(api.GET("/auth/options")),
  staleTime: Infinity,
});

export const businessesQuery = queryOptions({
  queryKey: ["businesses"],
  queryFn: () => wholeList((cursor) => api.GET("/business/", { params: { query: { limit: 100, ...cursor } } })),
});

export const usageQuery = (id: string) =>
  queryOptions({
    queryKey: ["usage", id],
    queryFn: () => ok(api.GET("/business/{id}/usage", { params: { path: { id } } })),
  });

export const threadsQuery = (id: string) =>
  queryOptions({
    queryKey: ["threads", id],
    queryFn: () =>
      wholeList((cursor) => api.GET("/business/{id}/threads", { params: { path: { id }, query: { limit: 100, ...cursor } } })),
  });

export const threadQuery = (id: string) =>
  queryOptions({
    queryKey: ["thread", id],
    queryFn: () => ok(api.GET("/threads/{reference}", { params: { path: { reference: id } } })),
  });

export const campaignsQuery = (businessId: string) =>
  queryOptions({
    queryKey: ["campaigns", businessId],
    queryFn: () =>
      wholeList((cursor) => api.GET("/campaign", { params: { query: { business_id: businessId, limit: 100, ...cursor } } })),
  });

export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ["campaign", id],
    queryFn: () => ok(api.GET("/campaign/{id}", { params: { path: { id } } })),
  });

export const calendarQuery = (id: string) =>
  queryOptions({
    queryKey: ["calendar", id],
    queryFn: () => ok(api.GET("/calendar/{campaign_id}", { params: { path: { campaign_id: id } } })),
  });

export const contentQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ["content", campaignId],
    queryFn: () =>
      wholeList((cursor) => api.GET("/content", { params: { query: { campaign_id: campaignId, limit: 100, ...cursor } } })),
    refetchInterval: ({ state }) => (state.data?.some((each) => each.checks_stale) ? STALE_CHECKS_MS : false),
  });
