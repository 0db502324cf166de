/** All campaigns of the business, also those whose conversation is gone. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { sentenceOf } from "../api/problems";
import { campaignsQuery, threadsQuery } from "../api/queries";
import type { Campaign } from "../api/types";
import { ownThread, useBusiness } from "../business/current";
import { Icon } from "../ui/icons";
import { usePhone } from "../ui/media";
import { Trouble } from "../ui/trouble";
import { useHidden } from "../ui/undo";
import { span } from "./dates";
import { useShown } from "./open";

/** A line for each, newest first; it opens the conversation, or begins one about the campaign. */
export function CampaignsPage() {
  const { id } = useBusiness();
  const { data: campaigns, error } = useQuery(campaignsQuery(id));
  const heading = useShown<HTMLHeadingElement>(true);
  return (
    <div className="know">
      <h2 ref={heading} tabIndex={-1}>
        Everything planned and written
      </h2>
      <p>A campaign keeps its calendar and drafts, whatever happens to the conversation it began in.</p>
      {error && <Trouble>{sentenceOf(error)}</Trouble>}
      {campaigns?.length === 0 && <p className="dim">There is no campaign yet. Say what you want, and the first one begins.</p>}
      <ul className="campaigns">
        {campaigns?.map((campaign) => (
          <Row key={campaign.id} campaign={campaign} />
        ))}
      </ul>
    </div>
  );
}

function Row({ campaign }: { campaign: Campaign }) {
  const hidden = useHidden();
  const phone = usePhone();
  const { data: threads } = useQuery(threadsQuery(campaign.business_id));
  const thread = threads?.find((each) => each.campaign_id === campaign.id && !hidden.has(each.id));
  const inside = (
    <>
      <b dir="auto">{campaign.name}</b>
      <span className="faint num">{dates(campaign)}</span>
      <span className="dim">{progress(campaign)}</span>
      <Icon name="chev-r" />
    </>
  );
  return (
    <li>
      {thread ? (
        <Link
          to="/t/$threadId"
          params={{ threadId: thread.client_id }}
          onClick={() => ownThread(thread.client_id, thread.business_id)}
        >
          {inside}
        </Link>
      ) : (
        <Link to="/" search={{ campaign: campaign.id, show: phone ? "calendar" : undefined }}>
          {inside}
        </Link>
      )}
    </li>
  );
}

function dates({ calendar }: Campaign): string {
  const days = calendar.map((slot) => slot.local_time.slice(0, 10)).sort();
  const [first, last] = [days[0], days.at(-1)];
  return first && last ? span(first, last, "short", true) : "no dates";
}

function progress({ calendar }: Campaign): string {
  const slots = calendar.filter((slot) => slot.state !== "dropped");
  if (slots.length === 0) return "No calendar";
  return `${slots.filter((slot) => slot.content_id).length} of ${slots.length} written`;
}
