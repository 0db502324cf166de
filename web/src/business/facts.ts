/** The facts of a business: read, and replaced as a whole; and the lines of its profile. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { ProblemError, sentenceOf } from "../api/problems";
import { businessesQuery } from "../api/queries";
import type { Business, FactDraft, ProfilePatch } from "../api/types";
import { refusalsOf } from "./refused";

/** What most posts need and nobody has said yet: its name, and how a fact of it is recognised. */
const GAPS: [string, RegExp][] = [
  ["Price", /price|cost|fee|off(er|re)|membership|rate|tarif|angebot|preis|prix|oferta|precio/i],
  ["Opening hours", /hour|open|zeiten|horaire|horario/i],
  ["Phone", /phone|tel|mobile|call/i],
  ["Website", /web|site|url|link|booking/i],
];

/** The gaps of this business, in the order in which they are missed. */
export function gapsOf({ facts }: Business): string[] {
  return GAPS.filter(([, pattern]) => !facts.some((fact) => pattern.test(fact.key))).map(([name]) => name);
}

/** Saves against the version that was read; each answers whether it worked. */
export function useFacts(business: Business) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const params = { path: { id: business.id }, header: { "If-Match": etag(business.version) } };

  async function attempt(body: object, send: () => Promise<unknown>): Promise<boolean> {
    setSaving(true);
    setError(null);
    try {
      await send();
      return true;
    } catch (failure) {
      const conflict = failure instanceof ProblemError && failure.problem.status === 412;
      const wrong = failure instanceof ProblemError && failure.problem.errors ? refusalsOf(failure.problem.errors, body) : "";
      setError(
        conflict
          ? "Changed elsewhere, and read again just now. Your line is kept: save it once more."
          : wrong || sentenceOf(failure),
      );
      return false;
    } finally {
      // Open drafts were checked again on the server against what is known now.
      void queries.invalidateQueries({ queryKey: ["content"] });
      void queries.invalidateQueries({ queryKey: ["thread"] });
      await queries.invalidateQueries({ queryKey: businessesQuery.queryKey });
      setSaving(false);
    }
  }

  const replace = (facts: FactDraft[]) =>
    attempt({ facts }, () => ok(api.PUT("/business/{id}/facts", { params, body: { facts } })));
  return {
    saving,
    error,
    forget: () => setError(null),
    add: (key: string, value: string) => replace([...business.facts, { key, value }]),
    change: (id: string, key: string, value: string) =>
      replace(business.facts.map((fact) => (fact.id === id ? { id, key, value } : fact))),
    remove: (id: string) => replace(business.facts.filter((fact) => fact.id !== id)),
    profile: (patch: ProfilePatch) => attempt(patch, () => ok(api.PUT("/business/{id}", { params, body: patch }))),
  };
}
