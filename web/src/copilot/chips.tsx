/** The chips of what an answer made; each opens its card on the canvas. */
import { useQuery } from "@tanstack/react-query";

import { calendarQuery, contentQuery } from "../api/queries";
import type { Content } from "../api/types";
import { useOpen } from "../canvas/open";
import { failedChecks, artefactKey, artefactTitle, contentIdOf, isDraft, platformIcon, platformOf } from "../canvas/cards";
import { Icon } from "../ui/icons";
import { useHidden } from "../ui/undo";
import type { Artefact } from "./run";
import type { Shown } from "./shown";
import { useThread } from "./thread";

/** Two columns of chips, and how many slots are still only planned. */
export function Chips({ message, last }: { message: Shown; last: boolean }) {
  const { campaignId } = useThread();
  const { openAll } = useOpen();
  const { data: calendar } = useQuery({ ...calendarQuery(campaignId ?? ""), enabled: campaignId !== null });
  const artefacts = message.artefacts.filter(({ name }) => name !== "suggest_variants");
  if (artefacts.length === 0) return null;
  const shown = new Set(message.artefacts.map((artefact) => artefact.identity.slot_id));
  const planned = (calendar?.slots ?? []).filter(
    (slot) => !slot.content_id && !shown.has(slot.slot_id) && slot.state !== "dropped",
  );
  return (
    <div className="chips" role="group" aria-label="Drafts">
      {inOrder(artefacts).map((artefact) => (
        <ArtefactChip key={artefact.id} artefact={artefact} campaignId={campaignId} told={message.live ? null : message.at} />
      ))}
      {last && planned.length > 0 && (
        <button className="chip plain" onClick={openAll}>
          {planned.length} more planned
          <i className="end">
            <Icon name="chev-r" />
          </i>
        </button>
      )}
    </div>
  );
}

/** As they are counted, whichever is ready first. */
function inOrder(artefacts: Artefact[]): Artefact[] {
  return [...artefacts].sort((a, b) => (a.identity.index ?? 0) - (b.identity.index ?? 0));
}

interface ChipProps {
  artefact: Artefact;
  campaignId: string | null;
  /** When the answer was finished. */
  told: Date | null;
}

function ArtefactChip({ artefact, campaignId, told }: ChipProps) {
  const { open, openAll, opened } = useOpen();
  const hidden = useHidden();
  const { data: contents, dataUpdatedAt } = useQuery({ ...contentQuery(campaignId ?? ""), enabled: campaignId !== null });
  const saved = contents?.find((each) => each.id === contentIdOf(artefact));
  const here = artefact.result?.content_id !== undefined && artefact.identity.campaign_id === campaignId;
  const gone = here && contents !== undefined && !saved && told !== null && dataUpdatedAt > told.getTime();
  const deleted = gone || (saved !== undefined && hidden.has(saved.id));
  const calendar = !isDraft(artefact);
  const key = artefactKey(artefact);
  return (
    <button
      className="chip"
      title={artefactTitle(artefact)}
      aria-current={!calendar && opened === key ? true : undefined}
      disabled={deleted && !artefact.identity.slot_id}
      onClick={() => (calendar ? openAll() : open(key))}
    >
      <Icon name={calendar ? "calendar" : platformIcon(platformOf(artefact))} />
      <span dir="auto">{artefactTitle(artefact)}</span>
      {deleted ? <i className="st wait">Deleted</i> : <ArtefactState artefact={artefact} saved={saved} />}
    </button>
  );
}

function ArtefactState({ artefact, saved }: { artefact: Artefact; saved: Content | undefined }) {
  if (artefact.stage === "writing") {
    return (
      <i className="st live" title="Being written">
        <span className="word">writing</span>
        <i className="caret" />
      </i>
    );
  }
  if (artefact.stage === "checking") {
    return (
      <i className="st" title="Being checked">
        <i className="turn" />
        <span className="vh">being checked</span>
      </i>
    );
  }
  if (!artefact.result) return <Mark className="wait" title="Not saved" />;
  if (!isDraft(artefact)) return <Mark className="done" title="Saved" />;
  const failed = failedChecks(saved?.ai_metadata.checks ?? artefact.result.checks ?? []).length;
  if (failed > 0) return <Mark className="fail" title={`${failed} ${failed === 1 ? "check" : "checks"} failed`} />;
  return (
    <i className="st ready" title="Ready for you">
      <i className="dot" />
      <span className="vh">ready</span>
    </i>
  );
}

function Mark({ className, title }: { className: "done" | "fail" | "wait"; title: string }) {
  return (
    <i className={`st ${className}`} title={title}>
      {className === "wait" ? <i className="hollow" /> : <Icon name={className === "done" ? "check" : "alert"} />}
      <span className="vh">{title}</span>
    </i>
  );
}
