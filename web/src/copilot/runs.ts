/** The runs this page follows, one per thread: start, attach, stop, put away. */
import { useCallback, useSyncExternalStore } from "react";

import { api } from "../api/client";
import type { Action } from "../api/types";
import { LiveRun, type RunView } from "./run";
import { follow, type Source } from "./stream";

interface Followed {
  run: LiveRun;
  request: Request | null;
  abort: AbortController;
}

export interface Request {
  businessId: string;
  threadId: string;
  text: string;
  parentId: string | null;
  /** Name the parent to the server: an edit, a retry, or an older branch. */
  branch: boolean;
  campaignId?: string | undefined;
  wish?: Wish | undefined;
  /** The draft that the person has open. */
  focus?: string | undefined;
}

/** What a pressed button asks for, so that nothing is guessed from its words. */
export interface Wish {
  actions: Action[];
}

const runs = new Map<string, Followed>();
const listeners = new Map<string, Set<() => void>>();
let settled: (threadId: string, view: RunView) => void = () => undefined;
let stored: () => void = () => undefined;
let saved: () => void = () => undefined;

/** Who is told when a message is stored, when something was saved, and when the run has ended. */
export function watchRuns(onStored: () => void, onSaved: () => void, onSettled: typeof settled): void {
  stored = onStored;
  saved = onSaved;
  settled = onSettled;
}

/** Say something in a thread; an unknown thread is opened by it. */
export function startRun(request: Request): void {
  const { businessId, threadId, text, parentId, branch, campaignId, wish, focus } = request;
  const runId = crypto.randomUUID();
  const marquee = {
    ...(branch ? { parent_id: parentId } : {}),
    ...(campaignId ? { campaign_id: campaignId } : {}),
    ...wish,
    ...(focus ? { focus } : {}),
  };
  const body = {
    threadId,
    runId,
    state: {},
    messages: [{ id: `${runId}:ask`, role: "user", content: text }],
    tools: [],
    context: [],
    forwardedProps: { marquee },
  };
  const url = `/business/${encodeURIComponent(businessId)}/copilot`;
  begin(threadId, { runId, url, body }, { text, parentId }, {}, request);
}

/** Follow a run that was going on before this page was opened. */
export function attachRun(threadId: string, runId: string, id: string, startedAt: number): void {
  if (runs.has(threadId)) return;
  begin(threadId, { runId }, null, { id, startedAt }, null);
}

/** Ask the server to stop; the run ends when it says so. */
export function stopRun(threadId: string): void {
  const run = runs.get(threadId)?.run;
  if (!run || run.view.outcome) return;
  run.set({ stopping: true });
  const cancel = () => api.POST("/runs/{reference}/cancel", { params: { path: { reference: run.view.runId } } });
  void cancel().catch(() => run.set({ stopping: false }));
}

/** Forget a run that has ended: the thread's documents tell it from here on. */
export function putAway(threadId: string): void {
  runs.get(threadId)?.abort.abort();
  runs.delete(threadId);
  notify(threadId);
}

/** What was said and has not come to the server. */
export function unsent(): Request[] {
  return [...runs.values()].flatMap(({ run, request }) => (request && run.view.id === null ? [request] : []));
}

/** Leave everything, when the person signs out. */
export function putAllAway(): void {
  for (const threadId of [...runs.keys()]) putAway(threadId);
}

/** Whether this page is writing to the thread, which the server may not know yet. */
export function isFollowed(threadId: string): boolean {
  return runs.has(threadId);
}

/** The thread's live run, re-rendered once per frame. */
export function useRun(threadId: string): RunView | null {
  const subscribe = useCallback(
    (listener: () => void) => {
      const all = listeners.get(threadId) ?? new Set();
      listeners.set(threadId, all.add(listener));
      return () => all.delete(listener);
    },
    [threadId],
  );
  return useSyncExternalStore(subscribe, () => runs.get(threadId)?.run.view ?? null);
}

function notify(threadId: string): void {
  listeners.get(threadId)?.forEach((listener) => listener());
}

function begin(threadId: string, source: Source, ask: RunView["ask"], known: Partial<RunView>, request: Request | null): void {
  putAway(threadId);
  const abort = new AbortController();
  const view: RunView = {
    runId: source.runId,
    id: null,
    ask,
    startedAt: Date.now(),
    link: "open",
    stopping: false,
    begun: false,
    text: "",
    unsourced: [],
    clarify: null,
    proposed: [],
    steps: [],
    artefacts: [],
    state: null,
    outcome: null,
    problem: null,
    ...known,
  };
  const run = new LiveRun(view, () => notify(threadId));
  runs.set(threadId, { run, abort, request });
  notify(threadId);
  void runToEnd(threadId, run, source, abort.signal);
}

async function runToEnd(threadId: string, run: LiveRun, source: Source, signal: AbortSignal): Promise<void> {
  const problem = await follow(
    source,
    {
      accepted: (id) => {
        if (run.view.id === null) stored();
        run.set({ id });
      },
      link: (link) => run.set({ link }),
      event: (event, attempt) => {
        run.apply(event, attempt);
        if (event.type === "TOOL_CALL_RESULT") saved();
      },
    },
    signal,
  );
  if (signal.aborted) return;
  if (problem) run.set({ outcome: "failed", problem });
  run.flush();
  settled(threadId, run.view);
}

