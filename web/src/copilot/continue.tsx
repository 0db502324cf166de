/** Buttons that go on with what is planned and not written. */
import { useQuery } from "@tanstack/react-query";

import { calendarQuery } from "../api/queries";
import type { Shown } from "./shown";
import { useThread } from "./thread";

/** As many as one run writes. */
const AT_ONCE = 4;

/** The next planned slots without a draft. */
function useNextSlots(): string[] {
  const { campaignId } = useThread();
  const { data: calendar } = useQuery({ ...calendarQuery(campaignId ?? ""), enabled: campaignId !== null });
  const open = (calendar?.slots ?? []).filter((slot) => !slot.content_id && slot.state !== "dropped");
  return open.slice(0, AT_ONCE).map((slot) => slot.slot_id);
}

/** Has the next drafts written; says just what it is called. */
export function WriteNext() {
  const { say } = useThread();
  const slots = useNextSlots();
  if (slots.length === 0) return null;
  const what = slots.length === 1 ? "Write the last one" : `Write the next ${slots.length}`;
  return (
    <button className="btn next" onClick={() => say(what, { slotIds: slots })}>
      {what}
    </button>
  );
}

/** After a stop: the slots still open, else the same sentence beside the stopped answer. */
export function Continue({ answer }: { answer: Shown }) {
  const { say, retry } = useThread();
  const slots = useNextSlots();
  const planned = answer.artefacts.some((artefact) => artefact.name === "plan_calendar" && artefact.result);

  function go() {
    if (planned && slots.length > 0) say("Continue", { slotIds: slots });
    else retry(answer);
  }

  return (
    <button className="link" onClick={go}>
      Continue
    </button>
  );
}
