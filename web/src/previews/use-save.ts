/** Saves an edited piece and takes over what the server made of it. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { contentQuery } from "../api/queries";
import type { Content } from "../api/types";
import { patchOf, type Words } from "./words";

export interface SaveError {
  text: string;
  /** Somebody else saved first. */
  conflict: boolean;
}

/** `save` answers whether it worked; the saved document comes back checked again. */
export function useSave(content: Content | null) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<SaveError | null>(null);

  async function save(version: number, before: Words, after: Words): Promise<boolean> {
    if (!content) return false;
    setSaving(true);
    setError(null);
    try {
      const saved = await ok(
        api.PUT("/content/{id}", {
          params: { path: { id: content.id }, header: { "If-Match": etag(version) } },
          body: patchOf(before, after),
        }),
      );
      const { queryKey } = contentQuery(content.campaign_id);
      queries.setQueryData(queryKey, (all) => all?.map((each) => (each.id === saved.id ? saved : each)));
      void queries.invalidateQueries({ queryKey: ["calendar", content.campaign_id] });
      return true;
    } catch (failure) {
      const conflict = failure instanceof ProblemError && failure.problem.status === 412;
      setError({ text: conflict ? "Changed elsewhere since you opened it. Your text is kept here." : sentenceOf(failure), conflict });
      return false;
    } finally {
      setSaving(false);
    }
  }

  function reload() {
    setError(null);
    if (content) void queries.invalidateQueries({ queryKey: ["content", content.campaign_id] });
  }

  return { save, saving, error, reload };
}
