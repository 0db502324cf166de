/** What the page reads, as queries with their keys. */
import { queryOptions } from "@tanstack/react-query";

import { api, ok } from "./client";
import type { Content } from "./types";

export const optionsQuery = queryOptions({
  queryKey: ["options"],
  queryFn: () => ok(api.GET("/auth/options")),
  staleTime: Infinity,
});

export const businessesQuery = queryOptions({
  queryKey: ["businesses"],
  queryFn: async () => (await ok(api.GET("/business/", { params: { query: { limit: 100 } } }))).items,
});

export const usageQuery = (id: string) =>
  queryOptions({
    queryKey: ["usage", id],
    queryFn: () => ok(api.GET("/business/{id}/usage", { params: { path: { id } } })),
  });

export const threadsQuery = (id: string) =>
  queryOptions({
    queryKey: ["threads", id],
    queryFn: async () =>
      (await ok(api.GET("/business/{id}/threads", { params: { path: { id }, query: { limit: 100 } } }))).items,
  });

export const threadQuery = (id: string) =>
  queryOptions({
    queryKey: ["thread", id],
    queryFn: () => ok(api.GET("/threads/{reference}", { params: { path: { reference: id } } })),
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
    queryFn: async () => {
      const items: Content[] = [];
      let cursor: string | undefined;
      do {
        const query = { campaign_id: campaignId, limit: 100, ...(cursor ? { cursor } : {}) };
        const page = await ok(api.GET("/content", { params: { query } }));
        items.push(...page.items);
        cursor = page.next_cursor ?? undefined;
      } while (cursor);
      return items;
    },
  });
