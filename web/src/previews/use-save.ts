/** Saves or deletes drafts and takes over what the server made of them. */
import { useState } from "react";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { isConflict, isGone, sentenceOf } from "../api/problems";
import { contentQuery } from "../api/queries";
import type { Content } from "../api/types";
import { deleteLater } from "../ui/undo";
import { patchOf, type DraftEdit } from "./words";

type Read = Pick<Content, "id" | "version" | "revision">;

interface Params {
  path: { id: string };
  header: { "If-Match": string };
}

export interface SaveError {
  text: string;
  /** What is on the screen is not what is saved: somebody else changed or deleted it. */
  stale: boolean;
}

/** `save` and `restore` answer whether it worked, and the document comes back checked. */
export function useSave(content: Content | null) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<SaveError | null>(null);

  async function replace(read: Omit<Read, "id">, kept: string, send: (params: Params) => Promise<Content>): Promise<boolean> {
    if (!content) return false;
    const path = { id: content.id };
    setSaving(true);
    setError(null);
    try {
      const saved = await overChecks({ ...read, ...path }, (version) => send({ path, header: { "If-Match": etag(version) } }));
      await take(queries, content, (all) => all.map((each) => (each.id === saved.id ? saved : each)));
      return true;
    } catch (failure) {
      const stale = isGone(failure) || isConflict(failure);
      setError({ text: stale ? `${sentenceOf(failure)}${kept}` : sentenceOf(failure), stale });
      return false;
    } finally {
      setSaving(false);
    }
  }

  const save = ({ before, now, ...read }: DraftEdit) =>
    replace(read, " Your text is kept here.", (params) => ok(api.PUT("/content/{id}", { params, body: patchOf(before, now) })));

  /** Bring an earlier revision back. */
  const restore = ({ version, revision }: Content, earlier: number) =>
    replace({ version, revision }, "", (params) => ok(api.POST("/content/{id}/restore", { params, body: { revision: earlier } })));

  async function reload(): Promise<void> {
    setError(null);
    if (content) await readAgain(queries, content);
  }

  return { save, restore, saving, error, reload };
}

/** Deletes drafts once it cannot be undone any more. */
export function useRemove() {
  const queries = useQueryClient();
  return (contents: Content[], name: string): void => {
    async function removeOne(content: Content): Promise<string | null> {
      const { id } = content;
      try {
        await overChecks(content, (version) =>
          ok(api.DELETE("/content/{id}", { params: { path: { id } }, headers: { "If-Match": etag(version) }, keepalive: true })),
        );
      } catch (failure) {
        await readAgain(queries, content);
        return isGone(failure) ? null : `${sentenceOf(failure)} “${content.title || name}” was not deleted.`;
      }
      await take(queries, content, (all) => all.filter((each) => each.id !== id));
      return null;
    }

    const ids = contents.map(({ id }) => id);
    const what = ids.length > 1 ? `${ids.length} drafts` : `“${name}”`;
    deleteLater(ids, `Deleted ${what}.`, async () => (await Promise.all(contents.map(removeOne))).find(Boolean) ?? null);
  };
}

async function take(queries: QueryClient, { campaign_id }: Content, change: (all: Content[]) => Content[]): Promise<void> {
  const { queryKey } = contentQuery(campaign_id);
  await queries.cancelQueries({ queryKey });
  queries.setQueryData(queryKey, (all) => all && change(all));
  void queries.invalidateQueries({ queryKey: ["calendar", campaign_id] });
}

async function readAgain(queries: QueryClient, { campaign_id }: Content): Promise<void> {
  await Promise.all(["content", "calendar"].map((kind) => queries.invalidateQueries({ queryKey: [kind, campaign_id] })));
}

/** Change the version that was read, or the newest one if only its checks were made again since. */
async function overChecks<T>({ id, version, revision }: Read, send: (version: number) => Promise<T>): Promise<T> {
  try {
    return await send(version);
  } catch (failure) {
    if (!isConflict(failure)) throw failure;
    const now = await ok(api.GET("/content/{id}", { params: { path: { id } } }));
    if (now.revision !== revision) throw failure;
    return send(now.version);
  }
}
