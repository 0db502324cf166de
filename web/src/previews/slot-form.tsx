/** When a draft goes out and to whom, changed on its card. */
import { useId, useState } from "react";
import { useQueryClient } from "@tanstack/react-query";

import { api, etag, ok } from "../api/client";
import { isConflict, ProblemError, sentenceOf } from "../api/problems";
import { campaignQuery } from "../api/queries";
import type { Campaign } from "../api/types";
import { useBusiness } from "../business/current";
import type { Card } from "../canvas/cards";
import { when, whenInWeek, zoneLabel } from "../canvas/dates";
import { useOpen } from "../canvas/open";
import { useThread } from "../copilot/thread";
import { Trouble } from "../ui/trouble";
import { offerUndo } from "../ui/undo";

interface Fields {
  local_time: string;
  segment: string;
}

interface TimeProps {
  card: Card;
  /** The year in view; none where the whole week is. */
  year: number | null;
  name: string;
  open: boolean;
  onOpen: () => void;
}

/** The time of a card; a button where it has a place in the calendar that can be changed. */
export function CardTime({ card, year, name, open, onOpen }: TimeProps) {
  const { running } = useThread();
  const label = card.at ? (year === null ? whenInWeek(card.at) : when(card.at, year)) : "no date";
  if (!card.slotId || !card.at || running) return <time>{label}</time>;
  return (
    <button className="when" aria-label={`${label}, change time or recipient of ${name}`} aria-expanded={open} data-panel="slot" onClick={onOpen}>
      <time>{label}</time>
    </button>
  );
}

/** Time and segment; the draft moves with its slot, and the way back is offered. */
export function SlotForm({ card, name, onClose }: { card: Card; name: string; onClose: () => void }) {
  const { timezone, target_audience: audience } = useBusiness();
  const { open } = useOpen();
  const { campaignId } = useThread();
  const queries = useQueryClient();
  const id = useId();
  const before = { local_time: card.at ?? "", segment: card.segment };
  const [now, setNow] = useState<Fields>(before);
  const [error, setError] = useState<string | null>(null);
  const [saving, setSaving] = useState(false);
  const segments = [...new Set(["", card.segment, ...audience.map((each) => each.segment_name)])];
  const changed = now.local_time !== before.local_time || now.segment !== before.segment;

  async function put(from: Fields, to: Fields): Promise<void> {
    const campaign = campaignId ?? "";
    const { queryKey } = campaignQuery(campaign);
    queries.setQueryData(queryKey, await moved(campaign, card.slotId ?? "", from, to));
    await queries.invalidateQueries({ queryKey: ["calendar", campaign] });
    void queries.invalidateQueries({ queryKey: ["content", campaign] });
  }

  async function submit() {
    setSaving(true);
    try {
      await put(before, now);
    } catch (failure) {
      setError(sentenceOf(failure).replace(/^(local_time|segment): /, (_, field) => (field === "segment" ? "Recipient: " : "Date and time: ")));
      setSaving(false);
      return;
    }
    const isMoved = now.local_time !== before.local_time;
    const text = isMoved ? `Moved “${name}” to ${when(now.local_time)}.` : `“${name}” is now for ${now.segment || "everyone"}.`;
    const undo = () => void put(now, before).catch((failure: unknown) => offerUndo({ text: sentenceOf(failure) }));
    offerUndo({ text, undo });
    onClose();
    // The week follows what is open.
    open(card.key);
  }

  return (
    <form
      className="card-slot"
      aria-label={`Time and recipient of ${name}`}
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <label htmlFor={`${id}-time`}>Date and time</label>
      <input
        id={`${id}-time`}
        type="datetime-local"
        required
        autoFocus
        value={now.local_time}
        onChange={(event) => setNow({ ...now, local_time: event.target.value })}
      />
      <p className="meta">{zoneLabel(timezone, before.local_time)}</p>
      <label htmlFor={`${id}-segment`}>For</label>
      <select id={`${id}-segment`} value={now.segment} onChange={(event) => setNow({ ...now, segment: event.target.value })}>
        {segments.map((segment) => (
          <option key={segment} value={segment}>
            {segment || "Everyone"}
          </option>
        ))}
      </select>
      {error && <Trouble>{error}</Trouble>}
      <div className="acts">
        <button className="btn primary small" disabled={saving || !changed}>
          Save
        </button>
        <button type="button" className="btn quiet small" disabled={saving} onClick={onClose}>
          Cancel
        </button>
      </div>
    </form>
  );
}

const CHANGED = { slug: "version-mismatch", title: "Changed meanwhile", status: 412, detail: "" };
const TRIES = 3;

/** Change the slot at the campaign's version, or at the newest one if only other things were changed since. */
async function moved(id: string, slotId: string, from: Fields, to: Fields): Promise<Campaign> {
  for (let left = TRIES; ; left -= 1) {
    const campaign = await ok(api.GET("/campaign/{id}", { params: { path: { id } } }));
    const slot = campaign.calendar.find((each) => each.slot_id === slotId);
    if (slot && (slot.local_time !== from.local_time || slot.segment !== from.segment)) throw new ProblemError(CHANGED);
    const params = { path: { id, slot_id: slotId }, header: { "If-Match": etag(campaign.version) } };
    try {
      return await ok(api.PUT("/campaign/{id}/calendar/{slot_id}", { params, body: { ...to } }));
    } catch (failure) {
      if (left === 0 || !isConflict(failure)) throw failure;
    }
  }
}
