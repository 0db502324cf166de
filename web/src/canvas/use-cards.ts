/** The cards of the open thread's campaign, kept current while they are written. */
import { useMemo } from "react";
import { useQuery } from "@tanstack/react-query";

import { calendarQuery, campaignQuery, contentQuery } from "../api/queries";
import type { Campaign } from "../api/types";
import { useBusiness } from "../business/current";
import { useThread } from "../copilot/thread";
import { useHidden } from "../ui/undo";
import { addDays, monday } from "./dates";
import { joinCards, slotsOf, type Card } from "./cards";

export interface Cards {
  campaign: Campaign | undefined;
  cards: Card[];
  zone: string;
  /** The Mondays from the first to the last week; none while no day is known. */
  weeks: string[];
  /** From the first to the last day, once anything has a date. */
  dates: { first: string; last: string } | null;
  loading: boolean;
  error: unknown;
}

/** Everything the canvas draws. */
export function useCards(): Cards {
  const { campaignId, live } = useThread();
  const { timezone } = useBusiness();
  const hidden = useHidden();
  const on = { enabled: campaignId !== null };
  const id = campaignId ?? "";
  const { data: campaign, error, isLoading } = useQuery({ ...campaignQuery(id), ...on });
  const { data: calendar, isLoading: reading } = useQuery({ ...calendarQuery(id), ...on });
  const { data: saved, error: missing, isLoading: drafting } = useQuery({ ...contentQuery(id), ...on });
  const contents = useMemo(() => saved?.filter((content) => !hidden.has(content.id)), [saved, hidden]);
  const start = campaign?.start_date ?? live?.state?.campaign?.start_date ?? null;
  const end = campaign?.end_date ?? live?.state?.campaign?.end_date ?? null;
  const cards = useMemo(
    // A saved slot says nothing until its draft is read: "not written yet" would be a guess.
    () => joinCards(slotsOf(contents && calendar?.slots, live?.state ?? null), contents ?? [], live, start),
    [calendar, contents, live, start],
  );
  const days = cards.flatMap((card) => (card.at ? [card.at.slice(0, 10)] : [])).sort();
  const [from, to] = [days[0], days.at(-1)];
  const dates = from && to ? { first: from, last: to } : null;
  // Until the first slot is told, the campaign's own days.
  const first = from ?? start;
  const last = to ?? end ?? first;
  const weeks: string[] = [];
  if (first && last) for (let week = monday(first); week <= last; week = addDays(week, 7)) weeks.push(week);
  const loading = isLoading || reading || drafting;
  return { campaign, cards, zone: calendar?.timezone ?? timezone, weeks, dates, loading, error: error ?? missing };
}
