/** What the page reads, as queries with their keys. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, ok, type Answer } from "./client";
import type { Content, Memory, Sent, Thread } from "./types";

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

export const memoryQuery = (id: string, q: string, kind: Memory["kind"] | undefined) =>
  infiniteQueryOptions({
    queryKey: ["memory", id, q, kind],
    queryFn: ({ pageParam: cursor }) => {
      const query = { limit: 20, ...(q && { q }), ...(kind && { kind }), ...(cursor && { cursor }) };
      return ok(api.GET("/business/{id}/memory", { params: { path: { id }, query } }));
    },
    initialPageParam: "",
    getNextPageParam: ({ next_cursor }) => next_cursor,
    placeholderData: keepPreviousData,
    staleTime: 0,
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
    queryFn: async ({ client, queryKey }) =>
      withEarlier(await ok(api.GET("/threads/{reference}", { params: { path: { reference: id } } })), client.getQueryData<Thread>(queryKey)),
  });

/** The newest messages behind those that were read before them, unless some between are not known. */
function withEarlier(now: Thread, known: Thread | undefined): Thread {
  const at = known?.messages.findIndex(({ id }) => id === now.messages[0]?.id) ?? -1;
  if (!known || at < 1) return now;
  return { ...now, older_cursor: known.older_cursor, messages: [...known.messages.slice(0, at), ...now.messages] };
}

/** The messages before the cursor, newest first. */
export const earlierMessages = (id: string, cursor: string) =>
  ok(api.GET("/threads/{reference}/messages", { params: { path: { reference: id }, query: { limit: 100, cursor } } }));

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

/** The revisions of a draft, the present one first; each change asks anew. */
export const revisionsQuery = ({ id, revision }: Pick<Content, "id" | "revision">) =>
  queryOptions({
    queryKey: ["revisions", id, revision],
    queryFn: async () => (await ok(api.GET("/content/{id}/versions", { params: { path: { id } } }))).items,
  });

export const contentQuery = (campaignId: string) =>
  queryOptions({
    queryKey: ["content", campaignId],
    queryFn: () =>
      wholeList((cursor) => api.GET("/content", { params: { query: { campaign_id: campaignId, limit: 100, ...cursor } } })),
    refetchInterval: ({ state }) => (state.data?.some((each) => each.checks_stale) ? STALE_CHECKS_MS : false),
  });
