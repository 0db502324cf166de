/** The open thread: its documents, its live run, and what can be said in it. */
import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { AssistantRuntimeProvider, useExternalStoreRuntime, type AppendMessage } from "@assistant-ui/react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";

import { isGone } from "../api/problems";
import { contentQuery, threadQuery } from "../api/queries";
import type { Content, Thread } from "../api/types";
import { ownThread, useBusiness } from "../business/current";
import { useOpen } from "../canvas/open";
import { keepText } from "../session/kept";
import { commit, useHidden } from "../ui/undo";
import type { RunView } from "./run";
import { attachRun, isFollowed, putAway, startRun, stopRun, useRun, type Wish } from "./runs";
import { convert, isTold, shownMessages, type Shown } from "./shown";
import { newest, newestBelow, pathTo } from "./tree";

interface OpenThread {
  threadId: string;
  /** The name under which what is typed is kept: the thread, or the front of the business. */
  place: string;
  thread: Thread | undefined;
  error: unknown;
  /** The server knows no such thread. */
  gone: boolean;
  live: RunView | null;
  running: boolean;
  /** Another window's run goes on here; what was said meanwhile is back in the composer. */
  held: boolean;
  /** The server was asked for it and has not answered yet. */
  opening: boolean;
  messages: Shown[];
  campaignId: string | null;
  /** The draft that is open: what "it" means. */
  focus: Content | undefined;
  /** Say something next; a button says what it asks for. */
  say: (text: string, wish?: Wish) => void;
  /** Ask again what the answer answered, beside the first answer. */
  retry: (answer: Shown) => void;
  /** Show another branch. */
  show: (messageId: string) => void;
}

const Context = createContext<OpenThread | null>(null);

/** The open thread of the workspace. */
export function useThread(): OpenThread {
  const thread = use(Context);
  if (!thread) throw new Error("no thread is open");
  return thread;
}

/** Opens the thread, attaches to its run, and hands both to assistant-ui. */
export function ThreadProvider({ threadId, children }: { threadId: string; children: ReactNode }) {
  const business = useBusiness();
  const navigate = useNavigate();
  const { campaign: about, opened } = useOpen();
  const hidden = useHidden();
  const begun = useParams({ strict: false }).threadId !== undefined;
  const live = useRun(threadId);
  const [attached] = useState(() => new Set<string>());
  const [held, setHeld] = useState<string | null>(null);
  const [head, setHead] = useState<{ threadId: string; id: string } | null>(null);
  const fresh = !isOpened(threadId) || (live !== null && !live.begun && live.ask?.parentId === null);
  const { data: thread, error } = useQuery({ ...threadQuery(threadId), enabled: !fresh });
  const all = useMemo(() => thread?.messages ?? [], [thread]);
  const shownHead = head?.threadId === threadId ? head.id : null;

  useEffect(() => {
    const active = thread?.active_run;
    if (!active || isFollowed(threadId) || attached.has(active.run_id)) return;
    attached.add(active.run_id);
    const asked = thread.messages.find((message) => message.run_id === active.id && message.role === "user");
    attachRun(threadId, active.run_id, active.id, asked ? Date.parse(asked.created_at) : Date.now());
  }, [thread, threadId, attached]);

  useEffect(() => {
    if (thread && live?.outcome && isTold(thread, live)) putAway(threadId);
  }, [thread, live, threadId]);

  const messages = useMemo(() => shownMessages(thread, live, shownHead), [thread, live, shownHead]);
  const campaignId = campaignOf(thread, live, messages) ?? about ?? null;

  const { data: contents } = useQuery({ ...contentQuery(campaignId ?? ""), enabled: campaignId !== null });
  const focus = contents?.find(({ id, slot_id }) => (id === opened || slot_id === opened) && !hidden.has(id));
  const focusId = focus?.id;

  const send = useCallback(
    (text: string, parentId: string | null, branch: boolean, wish?: Wish) => {
      markOpened(threadId);
      ownThread(threadId, business.id);
      const named = wish || fresh ? (campaignId ?? undefined) : undefined;
      const start = () => startRun({ businessId: business.id, threadId, text, parentId, branch, wish, focus: focusId, campaignId: named });
      // The server plans with what it has: what is shown as deleted must be.
      void commit().then(start);
      setHead(null);
      setHeld(null);
      if (!begun) void navigate({ to: "/t/$threadId", params: { threadId }, search: (old) => old });
    },
    [business.id, threadId, campaignId, focusId, fresh, begun, navigate],
  );

  const place = begun ? threadId : frontOf(business.id);

  const value = useMemo<OpenThread>(() => {
    const headId = shownHead ?? newest(all)?.id ?? null;
    const parentOf = (id: string) => all.find((message) => message.id === id)?.parent_id ?? null;
    return {
      threadId,
      place,
      thread,
      error,
      gone: live === null && isGone(error),
      live,
      running: live !== null && live.outcome === null,
      held: held === threadId && live !== null && live.outcome === null,
      opening: !fresh && !thread && !error,
      messages,
      campaignId,
      focus,
      say: (text, wish) => send(text, headId, shownHead !== null, wish),
      retry: (answer) => {
        const at = messages.indexOf(answer);
        const ask = messages.slice(0, at).findLast((message) => message.role === "user");
        if (ask) send(ask.text, live?.ask ? live.ask.parentId : parentOf(ask.id), all.length > 0);
      },
      show: (id) => setHead({ threadId, id: newestBelow(all, id) }),
    };
  }, [threadId, place, thread, error, fresh, live, held, messages, campaignId, focus, all, shownHead, send]);

  const runtime = useExternalStoreRuntime<Shown>({
    messages,
    convertMessage: convert,
    isRunning: value.running,
    onNew: (message) =>
      said(message, (text) => {
        keepText(place, "");
        value.say(text);
      }),
    onEdit: (message) =>
      said(message, (text) => {
        const path = pathTo(all, message.sourceId);
        send(text, path.at(-1)?.parent_id ?? null, true);
      }),
    onCancel: () => {
      stopRun(threadId);
      return Promise.resolve();
    },
  });

  const refused = live?.problem?.slug === "thread-busy" && live.ask ? live.ask.text : null;
  if (refused !== null && held !== threadId) setHeld(threadId);
  useEffect(() => {
    if (refused === null) return;
    const { composer } = runtime.thread;
    composer.setText([refused, composer.getState().text].filter(Boolean).join("\n"));
    putAway(threadId);
  }, [refused, runtime, threadId]);

  return (
    <Context value={value}>
      <AssistantRuntimeProvider runtime={runtime}>{children}</AssistantRuntimeProvider>
    </Context>
  );
}

function said(message: AppendMessage, send: (text: string) => void): Promise<void> {
  const text = message.content
    .map((part) => (part.type === "text" ? part.text : ""))
    .join("\n")
    .trim();
  if (text) send(text);
  return Promise.resolve();
}

function campaignOf(thread: Thread | undefined, live: RunView | null, messages: Shown[]): string | null {
  const told = live?.state?.campaign?.id ?? live?.artefacts.find((artefact) => artefact.identity.campaign_id)?.identity.campaign_id;
  const past = messages.flatMap((message) => message.artefacts).findLast((artefact) => artefact.identity.campaign_id);
  return told ?? thread?.campaign_id ?? past?.identity.campaign_id ?? null;
}

/** Where what is typed is kept before there is a thread. */
export function frontOf(businessId: string): string {
  return `front:${businessId}`;
}

const opened = new Set<string>();
const made = new Set<string>();

/** An id for a thread that does not exist yet. */
export function newThreadId(): string {
  const id = crypto.randomUUID();
  made.add(id);
  return id;
}

function markOpened(threadId: string): void {
  opened.add(threadId);
}

/** Whether the server may know the thread: it came by address, or something was said in it. */
function isOpened(threadId: string): boolean {
  return !made.has(threadId) || opened.has(threadId);
}
