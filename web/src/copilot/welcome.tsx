/** An empty thread: a question, and three ways to start from this business's own facts. */
import { useAui } from "@assistant-ui/react";
import { useQuery } from "@tanstack/react-query";

import { campaignQuery } from "../api/queries";
import { nextActions, type NextAction } from "../business/next-actions";
import { useBusiness } from "../business/current";
import { useOpen } from "../canvas/open";
import { useUser } from "../session/session";
import { Icon } from "../ui/icons";
import { focusComposer } from "./composer";

/** A pressed action stands in the composer, to be sent or changed. */
export function Welcome() {
  const business = useBusiness();
  const user = useUser();
  const aui = useAui();
  const { openFacts, campaign: about } = useOpen();
  const { data: campaign } = useQuery({ ...campaignQuery(about ?? ""), enabled: about !== undefined });

  function start({ does }: NextAction) {
    if ("add" in does) {
      openFacts(`edit:${does.add}`);
      return;
    }
    aui.thread.composer().setText(does.say);
    focusComposer();
  }

  return (
    <div className="welcome">
      <h2 dir="auto">
        {campaign ? `What next for “${campaign.name}”?` : `What should ${nextMonth()} do for you, ${user?.name.split(" ")[0]}?`}
      </h2>
      <p>Say it in one sentence. You get a calendar and the drafts, each checked against your facts. Nothing is sent without you.</p>
      <ul className="nexts" aria-label="Three ways to start">
        {nextActions(business).map((action) => (
          <li key={action.title}>
            <button onClick={() => start(action)}>
              <Icon name={action.icon} />
              <b dir="auto">{action.title}</b>
              <Icon name="chev-r" />
              <small dir="auto">{action.reason}</small>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** This month, or in its second half the next. */
function nextMonth(): string {
  const now = new Date();
  const month = new Date(now.getFullYear(), now.getMonth() + (now.getDate() > 14 ? 1 : 0), 1);
  return month.toLocaleDateString("en-GB", { month: "long" });
}
