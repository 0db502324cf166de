/** What Marquee remembers beside the facts: decisions and wishes, to be searched and forgotten. */
import { useEffect, useRef, useState } from "react";
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";

import { api, ok } from "../api/client";
import { isGone, sentenceOf } from "../api/problems";
import { memoryQuery, threadsQuery } from "../api/queries";
import type { Business, Memory } from "../api/types";
import { ago } from "../canvas/dates";
import { useUser } from "../session/session";
import { Trouble } from "../ui/trouble";
import { deleteLater, useHidden } from "../ui/undo";
import { ownThread } from "./current";

const KINDS = [
  { kind: undefined, name: "All" },
  { kind: "decision", name: "Decisions" },
  { kind: "style", name: "Wishes" },
  { kind: "rejected", name: "Taken back" },
] as const;

const NAMES: Record<Memory["kind"], string> = {
  decision: "Decision",
  style: "Wish",
  approved: "Approved",
  rejected: "Taken back",
  question: "Question",
};

/** Until nothing was typed for so long, nothing is searched. */
const TYPING_MS = 300;

/** Newest first, or nearest to what is searched first. */
export function Remembered({ business }: { business: Business }) {
  const [typed, setTyped] = useState("");
  const [asked, setAsked] = useState("");
  const [kind, setKind] = useState<(typeof KINDS)[number]["kind"]>();
  const heading = useRef<HTMLHeadingElement>(null);
  const hidden = useHidden();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(memoryQuery(business.id, asked, kind));

  useEffect(() => {
    const timer = setTimeout(() => setAsked(typed.trim()), TYPING_MS);
    return () => clearTimeout(timer);
  }, [typed]);

  const all = data?.pages.flatMap(({ items }) => items).filter(({ id }) => !hidden.has(id));
  return (
    <section className="remembered" aria-labelledby="remembered">
      <h2 id="remembered" ref={heading} tabIndex={-1}>
        What Marquee remembers
      </h2>
      <p>What you decided in a chat, and how you want it said. Every text and every answer knows it.</p>
      <div className="seek">
        <input
          type="search"
          aria-label="Search what is remembered"
          placeholder="Search, in any language"
          maxLength={300}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <div className="seg" role="radiogroup" aria-label="Kind">
          {KINDS.map(({ kind: each, name }) => (
            <label key={name}>
              <input type="radio" name="memory-kind" checked={kind === each} onChange={() => setKind(each)} />
              {name}
            </label>
          ))}
        </div>
      </div>
      {error && <Trouble>{sentenceOf(error)}</Trouble>}
      {all?.length === 0 && (
        <p className="dim" role="status">
          {asked || kind ? "Nothing like that is remembered." : "Nothing yet. Say in the chat what holds from now on, such as “always sign with Ali”."}
        </p>
      )}
      <ul>
        {all?.map((memory) => (
          <Row key={memory.id} memory={memory} onDeleted={() => heading.current?.focus()} />
        ))}
      </ul>
      {hasNextPage && (
        <button className="btn add" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </button>
      )}
    </section>
  );
}

function Row({ memory, onDeleted }: { memory: Memory; onDeleted: () => void }) {
  const { id, business_id, kind, subject, decision, reason, said_by } = memory;
  const { data: threads } = useQuery(threadsQuery(business_id));
  const user = useUser();
  const remove = useForget(memory);
  const thread = threads?.find((each) => each.id === memory.thread_id);
  const text = decision || memory.text;
  const beside = [subject, reason].filter((each) => each && each !== text).join(" · ");
  const who = said_by && said_by !== user?.id ? "a colleague" : "you";
  return (
    <li id={`memory-${id}`} className="factrow">
      <span className="faint">{NAMES[kind]}</span>
      <div dir="auto">
        {text}
        {beside && <p className="hint faint">{beside}</p>}
      </div>
      <div className="meta">
        {who}, {ago(new Date(memory.created_at))}{" "}
        {thread && (
          <Link
            to="/t/$threadId"
            className="link"
            params={{ threadId: thread.client_id }}
            aria-label={`Open the chat “${thread.title || "Untitled"}”`}
            title={thread.title || "Untitled"}
            onClick={() => ownThread(thread.client_id, business_id)}
          >
            Chat
          </Link>
        )}{" "}
        <button
          className="link"
          aria-label={`Forget “${text}”`}
          onClick={() => {
            remove();
            onDeleted();
          }}
        >
          Forget
        </button>
      </div>
    </li>
  );
}

/** Takes it off the list at once; the server forgets it when Undo is over. */
function useForget({ id, business_id, decision, text }: Memory) {
  const queries = useQueryClient();
  const what = decision || text;

  async function send(): Promise<string | null> {
    const params = { path: { id: business_id, memory_id: id } };
    try {
      await ok(api.DELETE("/business/{id}/memory/{memory_id}", { params, keepalive: true }));
    } catch (failure) {
      if (!isGone(failure)) return `${sentenceOf(failure)} “${what}” was not forgotten.`;
    }
    await queries.invalidateQueries({ queryKey: ["memory", business_id] });
    return null;
  }

  return () => deleteLater([id], `Forgot “${what}”.`, send);
}
