/** Follows one run over any number of connections: a cut is never an end. */
import { SSEEventDecoder } from "assistant-stream/utils";

import { authFetch } from "../api/client";
import { asProblem, ProblemError } from "../api/problems";
import type { Problem } from "../api/types";
import type { StreamEvent } from "./events";

const SILENCE_MS = 40_000;
const BACKOFF_MS = [300, 1000, 2000, 4000, 8000];
/** Said instead of a silent cut: the run goes on, only this connection ends. */
const STREAM_CUT = "stream-cut";
const PASSING = new Set([0, 408, 425, 502, 503, 504]);

export interface Listener {
  /** The server's own id of the run is known: the message is stored. */
  accepted: (id: string) => void;
  event: (event: StreamEvent, attempt: number) => void;
  link: (state: "open" | "reconnecting") => void;
}

/** A new run (repeated with the same runId it attaches), or one that is already there. */
export type Source = { runId: string; url: string; body: unknown } | { runId: string };

/** Read until the terminal event; resolves with a problem when the server refuses instead. */
export async function follow(source: Source, listener: Listener, signal: AbortSignal): Promise<Problem | null> {
  let cursor: string | null = null;
  let known = !("url" in source);
  let failures = 0;
  const left = () => signal.aborted;
  while (!left()) {
    const connection = new AbortController();
    const cut = () => connection.abort();
    addEventListener("offline", cut);
    signal.addEventListener("abort", cut);
    try {
      const response = await authFetch(request(source, known, cursor, connection.signal));
      if (!response.ok && !PASSING.has(response.status)) return asProblem(await body(response), response.status);
      if (response.ok && response.body) {
        const id = response.headers.get("X-Run-Id");
        if (id) listener.accepted(id);
        known = true;
        listener.link("open");
        for await (const { data, id: eventId } of read(response.body, connection)) {
          const event = JSON.parse(data) as StreamEvent;
          if (event.type === "RUN_ERROR" && event.code === STREAM_CUT) break;
          if (eventId && !isLater(eventId, cursor)) continue;
          failures = 0;
          cursor = eventId ?? cursor;
          listener.event(event, Number(cursor?.split("-")[0] ?? 0));
          if (event.type === "RUN_FINISHED" || event.type === "RUN_ERROR") return null;
        }
      }
    } catch (error) {
      if (error instanceof ProblemError && !PASSING.has(error.problem.status)) return error.problem;
    } finally {
      removeEventListener("offline", cut);
      signal.removeEventListener("abort", cut);
      connection.abort();
    }
    if (left()) break;
    listener.link("reconnecting");
    await pause(BACKOFF_MS[Math.min(failures++, BACKOFF_MS.length - 1)] ?? 0, signal);
  }
  return null;
}

function request(source: Source, known: boolean, cursor: string | null, signal: AbortSignal): Request {
  const headers = new Headers({ Accept: "text/event-stream" });
  if (!known && "url" in source) {
    headers.set("Content-Type", "application/json");
    return new Request(source.url, { method: "POST", headers, body: JSON.stringify(source.body), signal });
  }
  if (cursor) headers.set("Last-Event-ID", cursor);
  return new Request(`/runs/${encodeURIComponent(source.runId)}/events`, { headers, signal });
}

async function body(response: Response): Promise<unknown> {
  return response.json().catch(() => null);
}

/** The events of one connection; heartbeats count as life, silence cuts it. */
async function* read(stream: ReadableStream<Uint8Array<ArrayBuffer>>, connection: AbortController) {
  const decoder = new SSEEventDecoder();
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  let last: string | undefined;
  for (;;) {
    const silence = setTimeout(() => connection.abort(), SILENCE_MS);
    const { done, value } = await reader.read().finally(() => clearTimeout(silence));
    if (done) return;
    for (const { data, id } of decoder.push(value)) {
      // The decoder keeps an id until the next one; what is told beside the log has none of its own.
      yield { data, id: id === last ? undefined : id };
      last = id;
    }
  }
}

/** Whether `<attempt>-<seq>` lies beyond what was delivered. */
function isLater(id: string, cursor: string | null): boolean {
  if (!cursor) return true;
  const [attempt = 0, seq = 0] = id.split("-").map(Number);
  const [lastAttempt = 0, lastSeq = 0] = cursor.split("-").map(Number);
  return attempt > lastAttempt || (attempt === lastAttempt && seq > lastSeq);
}

/** Wait, but no longer than until the network is back. Offline it waits for that alone. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = navigator.onLine ? setTimeout(end, ms) : undefined;
    addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
