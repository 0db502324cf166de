/** Buttons that go on with what is planned and not written. */
import { useQuery } from "@tanstack/react-query";

import { calendarQuery } from "../api/queries";
import type { Wish } from "./runs";
import type { Shown } from "./shown";
import { useThread } from "./thread";

/** As many as are written at the same time. */
const A_FEW = 4;
/** As many as one request takes. */
const MOST = 100;

/** The wish to have drafts of these slots written. */
export function writeSlots(targets: string[]): Wish {
  return { actions: [{ intent: "write", targets, brief: "Write what the calendar plans" }] };
}

/** The planned slots without a draft, the next one first. */
function useOpenSlots(): string[] {
  const { campaignId } = useThread();
  const { data: calendar } = useQuery({ ...calendarQuery(campaignId ?? ""), enabled: campaignId !== null });
  const open = (calendar?.slots ?? []).filter((slot) => !slot.content_id && slot.state !== "dropped" && slot.type === "text");
  return open.slice(0, MOST).map((slot) => slot.slot_id);
}

/** Has the next drafts written, or all of them; says just what it is called. */
export function WriteNext() {
  const { say } = useThread();
  const slots = useOpenSlots();
  if (slots.length === 0) return null;
  const few = Math.min(slots.length, A_FEW);
  const next = slots.length === 1 ? "Write the last one" : `Write the next ${few}`;
  const all = `Write all ${slots.length}`;
  return (
    <div className="next-drafts">
      <button className="btn" onClick={() => say(next, writeSlots(slots.slice(0, few)))}>
        {next}
      </button>
      {slots.length > few && (
        <button className="btn" onClick={() => say(all, writeSlots(slots))}>
          {all}
        </button>
      )}
    </div>
  );
}

/** Two ways on where an answer ended too early: with the slots that it left open, else its sentence again, beside it. */
export function useGoOn(answer: Shown): { goOn: () => void; again: () => void } {
  const { say, retry } = useThread();
  const slots = useOpenSlots();
  const ofCalendar = answer.artefacts.filter(({ identity }) => identity.slot_id);
  const planned = answer.artefacts.some((artefact) => artefact.name === "plan_calendar" && artefact.result);
  const done = ofCalendar.filter((artefact) => artefact.result).length;
  const left = planned ? A_FEW : Math.max(0, ...ofCalendar.map(({ identity }) => identity.of ?? 0)) - done;
  const goOn = () => {
    if (left > 0 && slots.length > 0) say("Continue", writeSlots(slots.slice(0, left)));
    else retry(answer);
  };
  return { goOn, again: planned ? () => retry(answer) : goOn };
}
