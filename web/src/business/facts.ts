/** The facts of a business: read, and replaced as a whole. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { businessesQuery } from "../api/queries";
import type { Business, FactDraft } from "../api/types";

/** What most posts need and nobody has said yet: its name, and how it is recognised. */
const GAPS: [string, RegExp, keyof Business | null][] = [
  ["Price", /price|cost|fee|offer|membership|rate|tarif|preis|prix|precio/i, null],
  ["Opening hours", /hour|open|zeiten|horaire|horario/i, null],
  ["Address", /address|adresse|location|where|dirección/i, "postal_address"],
  ["Phone", /phone|tel|mobile|call/i, null],
  ["Website", /web|site|url|link|booking/i, null],
];

/** The gaps of this business, in the order in which they are missed. */
export function gapsOf(business: Business): string[] {
  return GAPS.filter(([, pattern, field]) => {
    const given = field !== null && Boolean(business[field]);
    return !given && !business.facts.some((fact) => pattern.test(fact.key));
  }).map(([name]) => name);
}

/** Saves the whole list against the version it was read at. */
export function useFacts(business: Business) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function save(facts: FactDraft[]): Promise<boolean> {
    setSaving(true);
    setError(null);
    try {
      await ok(
        api.PUT("/business/{id}/facts", {
          params: { path: { id: business.id }, header: { "If-Match": etag(business.version) } },
          body: { facts },
        }),
      );
      return true;
    } catch (failure) {
      const conflict = failure instanceof ProblemError && failure.problem.status === 412;
      setError(conflict ? "Changed elsewhere. The list is read again; yours is still in the line." : sentenceOf(failure));
      return false;
    } finally {
      await queries.invalidateQueries({ queryKey: businessesQuery.queryKey });
      setSaving(false);
    }
  }

  const kept = business.facts.map(({ id, key, value }) => ({ id, key, value }));
  return {
    saving,
    error,
    add: (key: string, value: string) => save([...kept, { key, value }]),
    change: (id: string, key: string, value: string) =>
      save(kept.map((fact) => (fact.id === id ? { id, key, value } : fact))),
    remove: (id: string) => save(kept.filter((fact) => fact.id !== id)),
  };
}
