/** The conversations of the business: how many, which one, a new one. */
import { useRef, useState, type KeyboardEvent } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { api, ok } from "../api/client";
import { isGone, sentenceOf } from "../api/problems";
import { threadQuery, threadsQuery } from "../api/queries";
import type { ThreadItem } from "../api/types";
import { ownThread, useBusiness } from "../business/current";
import { localTime, shortDay } from "../canvas/dates";
import { Icon } from "../ui/icons";
import { deleteLater, useHidden } from "../ui/undo";
import { putAway } from "./runs";
import { useThread } from "./thread";

/** A bar that folds out into the list. */
export function Threads() {
  const business = useBusiness();
  const { threadId, messages } = useThread();
  const { data } = useQuery(threadsQuery(business.id));
  const hidden = useHidden();
  const [open, setOpen] = useState(false);
  const fold = useRef<HTMLButtonElement>(null);
  const threads = data?.filter((thread) => !hidden.has(thread.id));
  if (!threads || (threads.length === 0 && messages.length === 0)) return null;

  const listed = messages.length === 0 || threads.some((thread) => thread.client_id === threadId);
  const count = threads.length + (listed ? 0 : 1);

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape" || !open || event.defaultPrevented) return;
    event.preventDefault();
    setOpen(false);
    fold.current?.focus();
  }

  return (
    <div onKeyDown={leave}>
      <div className="threads">
        <button ref={fold} className="fold" aria-expanded={open} aria-controls="threads" onClick={() => setOpen(!open)}>
          <Icon name="panel" /> {count} {count === 1 ? "conversation" : "conversations"}
        </button>
        <Link to="/" className="ib end" aria-label="New conversation" onClick={() => setOpen(false)}>
          <Icon name="compose" />
        </Link>
      </div>
      {open && (
        <ul className="thread-list" id="threads">
          {threads.map((thread) => (
            <Row key={thread.id} thread={thread} onOpen={() => setOpen(false)} onDeleted={() => fold.current?.focus()} />
          ))}
        </ul>
      )}
    </div>
  );
}

interface RowProps {
  thread: ThreadItem;
  onOpen: () => void;
  onDeleted: () => void;
}

function Row({ thread, onOpen, onDeleted }: RowProps) {
  const { threadId } = useThread();
  const [asking, setAsking] = useState(false);
  const remove = useDelete(thread);
  const title = thread.title || "Untitled";
  return (
    <li>
      <Link
        to="/t/$threadId"
        params={{ threadId: thread.client_id }}
        aria-current={thread.client_id === threadId ? "page" : undefined}
        onClick={() => {
          ownThread(thread.client_id, thread.business_id);
          onOpen();
        }}
      >
        <span dir="auto">{title}</span>
        <time className="meta">{shortDay(localTime(new Date(thread.updated_at)))}</time>
      </Link>
      <button className="ib" aria-label={`Delete “${title}”`} aria-expanded={asking} onClick={() => setAsking(!asking)}>
        <Icon name="trash" />
      </button>
      {/* On a line of its own: a double click on the bin opens and closes it, and hits nothing else. */}
      {asking && (
        <div className="ask-delete" role="group" aria-label="Delete this conversation?">
          <p>
            Delete this conversation?
            {thread.campaign_id && " Its campaign and drafts stay, under Campaigns."}
          </p>
          <button
            className="btn small danger"
            onClick={() => {
              remove();
              onDeleted();
            }}
          >
            Delete
          </button>
          <button className="btn quiet small" autoFocus onClick={() => setAsking(false)}>
            Keep it
          </button>
        </div>
      )}
    </li>
  );
}

/** Leaves the conversation and takes it off the list at once; the server deletes it when Undo is over. */
function useDelete({ id, client_id, business_id, title, campaign_id }: ThreadItem) {
  const { threadId } = useThread();
  const navigate = useNavigate();
  const queries = useQueryClient();

  async function send(): Promise<string | null> {
    try {
      await ok(api.DELETE("/threads/{reference}", { params: { path: { reference: id } }, keepalive: true }));
    } catch (failure) {
      if (!isGone(failure)) return `${sentenceOf(failure)} “${title}” was not deleted.`;
    }
    putAway(client_id);
    queries.removeQueries({ queryKey: threadQuery(client_id).queryKey });
    await queries.invalidateQueries({ queryKey: threadsQuery(business_id).queryKey });
    return null;
  }

  return () => {
    const stays = campaign_id ? " Its campaign and drafts stay." : "";
    const here = client_id === threadId;
    const undo = () => void (here && navigate({ to: "/t/$threadId", params: { threadId: client_id } }));
    deleteLater([id], `Deleted “${title || "Untitled"}”.${stays}`, send, undo);
    if (here) void navigate({ to: "/" });
  };
}
