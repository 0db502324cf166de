/** The threads of the business: how many, which one, a new one. */
import { useRef, useState, type KeyboardEvent } from "react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";

import { api } from "../api/client";
import { threadsQuery } from "../api/queries";
import type { ThreadItem } from "../api/types";
import { ownThread, useBusiness } from "../business/current";
import { localTime, shortDay } from "../canvas/dates";
import { Icon } from "../ui/icons";
import { putAway } from "./runs";
import { useThread } from "./thread";

/** A bar that folds out into the list. */
export function Threads() {
  const business = useBusiness();
  const { threadId, messages } = useThread();
  const { data: threads } = useQuery(threadsQuery(business.id));
  const [open, setOpen] = useState(false);
  const fold = useRef<HTMLButtonElement>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const navigate = useNavigate();
  const queries = useQueryClient();
  if (!threads || (threads.length === 0 && messages.length === 0)) return null;

  const listed = messages.length === 0 || threads.some((thread) => thread.client_id === threadId);
  const count = threads.length + (listed ? 0 : 1);

  async function remove({ id, client_id }: ThreadItem) {
    await api.DELETE("/threads/{reference}", { params: { path: { reference: id } } });
    putAway(client_id);
    if (client_id === threadId) await navigate({ to: "/" });
    await queries.invalidateQueries({ queryKey: threadsQuery(business.id).queryKey });
  }

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    setAsked(null);
    setOpen(false);
    fold.current?.focus();
  }

  return (
    <div onKeyDown={leave}>
      <div className="threads">
        <button ref={fold} className="fold" aria-expanded={open} aria-controls="threads" onClick={() => setOpen(!open)}>
          <Icon name="panel" /> {count} {count === 1 ? "thread" : "threads"}
        </button>
        <Link to="/" className="ib end" aria-label="New thread" onClick={() => setOpen(false)}>
          <Icon name="compose" />
        </Link>
      </div>
      {open && (
        <ul className="thread-list" id="threads">
          {threads.map((thread) => (
            <li key={thread.id}>
              <Link
                to="/t/$threadId"
                params={{ threadId: thread.client_id }}
                aria-current={thread.client_id === threadId ? "page" : undefined}
                onClick={() => {
                  ownThread(thread.client_id, business.id);
                  setOpen(false);
                }}
              >
                <span>{thread.title || "Untitled"}</span>
                <time className="meta">
                  {shortDay(localTime(new Date(thread.updated_at)))}
                </time>
              </Link>
              {asked === thread.id ? (
                <button className="btn quiet small danger" autoFocus onBlur={() => setAsked(null)} onClick={() => void remove(thread)}>
                  Delete it
                </button>
              ) : (
                <button className="ib" aria-label={`Delete “${thread.title || "Untitled"}”`} onClick={() => setAsked(thread.id)}>
                  <Icon name="trash" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
