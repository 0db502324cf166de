/** What only a person may do: proposed by the copilot, done by this button. */
import { useQuery } from "@tanstack/react-query";

import { contentQuery } from "../api/queries";
import type { ProposedAction } from "../api/types";
import { useRemove } from "../previews/use-save";
import { useHidden } from "../ui/undo";
import { useThread } from "./thread";

const NOT_YET: Record<ProposedAction["operation"], string> = {
  approve: "Approving",
  reject: "Rejecting",
  schedule: "Scheduling",
  publish: "Publishing",
  send: "Sending",
  delete: "Deleting",
};

/** One filled button, or the sentence that it is not there yet. */
export function Proposal({ action: { operation, targets, available }, last }: { action: ProposedAction; last: boolean }) {
  const { campaignId, running } = useThread();
  const hidden = useHidden();
  const remove = useRemove();
  const { data: contents } = useQuery({ ...contentQuery(campaignId ?? ""), enabled: campaignId !== null });
  if (!available || operation !== "delete") {
    return <p className="dim">{NOT_YET[operation]} is not possible in Marquee yet.</p>;
  }
  const named = contents?.filter(({ id }) => !hidden.has(id) && targets.some((target) => target.content_id === id));
  const first = targets.find((target) => target.content_id === named?.[0]?.id);
  if (named?.length === 0) return <p className="dim">Deleted.</p>;
  if (!last || !named || !first) return null;
  return (
    <button
      className="btn primary next"
      disabled={running}
      onClick={(event) => {
        event.currentTarget.closest<HTMLElement>(".talk")?.focus({ preventScroll: true });
        remove(named, first.title);
      }}
    >
      Delete {named.length > 1 ? `${named.length} drafts` : `“${first.title}”`}
    </button>
  );
}
