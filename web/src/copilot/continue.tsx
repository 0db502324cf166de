/** Goes on after a stop: with the slots still open, else with the same sentence beside the stopped answer. */
import { useQuery } from "@tanstack/react-query";

import { calendarQuery } from "../api/queries";
import type { Shown } from "./shown";
import { useThread } from "./thread";

/** As many as one run writes. */
const AT_ONCE = 4;

/** A link that reads Continue. */
export function Continue({ answer }: { answer: Shown }) {
  const { campaignId, say, retry } = useThread();
  const { data: calendar } = useQuery({ ...calendarQuery(campaignId ?? ""), enabled: campaignId !== null });
  const planned = answer.artefacts.some((artefact) => artefact.name === "plan_calendar" && artefact.result);
  const open = (calendar?.slots ?? []).filter((slot) => !slot.content_id && slot.state !== "dropped");

  function go() {
    if (planned && open.length > 0) say("Continue", open.slice(0, AT_ONCE).map((slot) => slot.slot_id));
    else retry(answer);
  }

  return (
    <button className="link" onClick={go}>
      Continue
    </button>
  );
}
