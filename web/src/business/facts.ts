/** The facts of a business: what is missing among them, and how they and the profile are saved. */
import { useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { isConflict, ProblemError, sentenceOf } from "../api/problems";
import { businessesQuery } from "../api/queries";
import type { Business, Fact, FactDraft, ProfilePatch } from "../api/types";
import { offerUndo } from "../ui/undo";
import { refusalsOf } from "./refused";

/** What most posts need: its name, an example, and whether a fact says it. */
interface Gap {
  name: string;
  example: string;
  said: (fact: Fact) => boolean;
}

/** An amount with its currency. */
export const PRICE = /[$€£¥₹]\s?\d|\d\s?(?:[$€£¥₹]|euro?s?\b|usd\b|eur\b|chf\b)/i;
const LINK = /^\s*(?:https?:\/\/|www\.)\S+\s*$/i;

/** Whole words of a name: "Coffee" has no fee, "Hotel" no telephone and "Open house" no opening hours. */
function named(words: string): (fact: Fact) => boolean {
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words})(?![\\p{L}\\p{N}])`, "iu");
  return ({ key }) => pattern.test(key);
}

const priced = named("prices?|pricing|costs?|fees?|offers?|rates?|tarifs?|angebote?|preise?|prix|offres?|ofertas?|precios?|offerta|prezz[io]|prij[sz]\\w*|aanbieding");
const linked = named("web ?sites?|web|home ?page|url|site (?:web|internet)|web ?seite|internet ?seite|sitio web|página web|sito(?: web)?");

const GAPS: Gap[] = [
  { name: "Price", example: "Membership from $29 a month", said: (fact) => priced(fact) || PRICE.test(fact.value) },
  {
    name: "Opening hours",
    example: "Mon to Fri 9:00–18:00, Sat 10:00–14:00",
    said: named("opening(?: hours| times)?|hours|(?:business|office|shop) hours|öffnungs ?zeiten|horaires?|horarios?|orari?o?|openingstijden"),
  },
  {
    name: "Phone",
    example: "+44 20 7946 0018",
    said: named("(?:tele)?phone(?: number)?|tel|mobile(?: number)?|call us|telefon(?:nummer)?|handy|téléphone|teléfono|móvil|telefono|telefoon"),
  },
  { name: "Website", example: "www.example.com", said: (fact) => linked(fact) || LINK.test(fact.value) },
];

/** The names of the gaps of this business, in the order in which they are missed. */
export function gapsOf({ facts }: Business): string[] {
  return GAPS.filter(({ said }) => !facts.some(said)).map(({ name }) => name);
}

/** What could be typed into a gap. */
export function exampleOf(gap: string): string | undefined {
  return GAPS.find(({ name }) => name === gap)?.example;
}

/** Saves against the version that was read; each answers the facts as they are then, or nothing if it failed. */
export function useFacts(business: Business) {
  const queries = useQueryClient();
  const [saving, setSaving] = useState(false);
  const [error, setError] = useState<string | null>(null);

  async function attempt(body: object, send: () => Promise<{ facts: Fact[] }>): Promise<Fact[] | null> {
    setSaving(true);
    setError(null);
    try {
      return (await send()).facts;
    } catch (failure) {
      const conflict = isConflict(failure);
      const wrong = failure instanceof ProblemError && failure.problem.errors ? refusalsOf(failure.problem.errors, body) : "";
      setError(
        conflict
          ? "This was changed since you opened it, and is read again now. Your text is kept: save once more."
          : wrong || sentenceOf(failure),
      );
      return null;
    } finally {
      // Open drafts are checked again on the server against what is known now.
      void queries.invalidateQueries({ queryKey: ["content"] });
      void queries.invalidateQueries({ queryKey: ["thread"] });
      await queries.invalidateQueries({ queryKey: businessesQuery.queryKey });
      setSaving(false);
    }
  }

  const params = ({ id, version }: Business) => ({ path: { id }, header: { "If-Match": etag(version) } });
  const send = (of: Business, facts: FactDraft[]) => ok(api.PUT("/business/{id}/facts", { params: params(of), body: { facts } }));
  const replace = (facts: FactDraft[]) => attempt({ facts }, () => send(business, facts));

  /** Undo: at its place again, among the facts as they are by now. */
  async function restore({ key, value }: Fact, at: number): Promise<void> {
    const now = queries.getQueryData(businessesQuery.queryKey)?.find((each) => each.id === business.id) ?? business;
    try {
      await send(now, [...now.facts.slice(0, at), { key, value }, ...now.facts.slice(at)]);
    } catch (failure) {
      offerUndo({ text: `${sentenceOf(failure)} “${key}” was not brought back.` });
    }
    await queries.invalidateQueries({ queryKey: businessesQuery.queryKey });
    void queries.invalidateQueries({ queryKey: ["content"] });
  }

  async function remove(fact: Fact): Promise<Fact[] | null> {
    const at = business.facts.indexOf(fact);
    const left = await replace(business.facts.filter((each) => each !== fact));
    if (left) offerUndo({ text: `Removed “${fact.key}”.`, undo: () => void restore(fact, at) });
    return left;
  }

  return {
    saving,
    error,
    forget: () => setError(null),
    add: (key: string, value: string) => replace([...business.facts, { key, value }]),
    change: (id: string, key: string, value: string) =>
      replace(business.facts.map((fact) => (fact.id === id ? { id, key, value } : fact))),
    remove,
    profile: (patch: ProfilePatch) => attempt(patch, () => ok(api.PUT("/business/{id}", { params: params(business), body: patch }))),
  };
}
