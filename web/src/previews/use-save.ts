/** Saves or deletes a draft and takes over what the server made of it. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { contentQuery } from "../api/queries";
import type { Content } from "../api/types";
import { patchOf, type Words } from "./words";

export interface SaveError {
  text: string;
  /** What is on the screen is not what is saved: somebody else changed or deleted it. */
  stale: boolean;
}

/** What is safe when it was changed or deleted elsewhere. */
type Kept = Record<412 | 404, string>;

/** `save` and `remove` answer whether they worked; a saved document comes back checked again. */
export function useSave(content: Content | null) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<SaveError | null>(null);

  async function attempt(send: (content: Content) => Promise<(all: Content[]) => Content[]>, kept: Kept): Promise<boolean> {
    if (!content) return false;
    setSaving(true);
    setError(null);
    try {
      const change = await send(content);
      const { queryKey } = contentQuery(content.campaign_id);
      await queries.cancelQueries({ queryKey });
      queries.setQueryData(queryKey, (all) => all && change(all));
      void queries.invalidateQueries({ queryKey: ["calendar", content.campaign_id] });
      return true;
    } catch (failure) {
      setError(errorOf(failure, kept));
      return false;
    } finally {
      setSaving(false);
    }
  }

  const save = (version: number, before: Words, after: Words) =>
    attempt(async ({ id }) => {
      const saved = await ok(
        api.PUT("/content/{id}", {
          params: { path: { id }, header: { "If-Match": etag(version) } },
          body: patchOf(before, after),
        }),
      );
      return (all) => all.map((each) => (each.id === saved.id ? saved : each));
    }, { 412: "Your text is kept here.", 404: "Your text is kept here." });

  const remove = () =>
    attempt(async ({ id, version }) => {
      await ok(api.DELETE("/content/{id}", { params: { path: { id } }, headers: { "If-Match": etag(version) } }));
      return (all) => all.filter((each) => each.id !== id);
    }, { 412: "It was not deleted.", 404: "" });

  function reload() {
    setError(null);
    if (!content) return;
    void queries.invalidateQueries({ queryKey: ["content", content.campaign_id] });
    void queries.invalidateQueries({ queryKey: ["calendar", content.campaign_id] });
  }

  return { save, remove, saving, error, reload };
}

function errorOf(failure: unknown, kept: Kept): SaveError {
  const status = failure instanceof ProblemError ? failure.problem.status : 0;
  if (status !== 412 && status !== 404) return { text: sentenceOf(failure), stale: false };
  return { text: `${sentenceOf(failure)} ${kept[status]}`.trim(), stale: true };
}
