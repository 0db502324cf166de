/** The stream's events: AG-UI's own, with our CUSTOM values typed. */
import type { AGUIEvent, EventType } from "@ag-ui/client";

import type { Check, Problem, Source } from "../api/types";

type Wire<E> = E extends { type: infer T extends EventType } ? Omit<E, "type"> & { type: `${T}` } : never;

/** One event as it stands in a `data:` line. */
export type StreamEvent = Wire<AGUIEvent>;

/** CUSTOM `marquee.agent_step`. */
export interface AgentStep {
  id: string;
  agent: string;
  status: "started" | "finished" | "failed";
  task: string;
  ms?: number;
  index?: number;
  of?: number;
}

/** CUSTOM `marquee.artefact`: what the call with this id is about to stream. */
export interface Identity {
  tool_call_id: string;
  kind?: string;
  /** The draft that is changed. */
  content_id?: string;
  campaign_id?: string;
  platform?: string;
  slot_id?: string;
  local_time?: string;
  theme?: string;
  /** Day 1 of a calendar. */
  start_date?: string;
  index?: number;
  of?: number;
}

/** CUSTOM `marquee.unsourced`: figures of the finished talk that have no source. */
export interface Unsourced {
  message_id: string;
  figures: string[];
}

/** What a finished artefact's result says. */
export interface Result {
  content_id?: string;
  campaign_id?: string;
  version?: number;
  checks?: Check[];
  sources?: Source[];
  /** The output was begun anew under this call. */
  superseded_by?: string;
  /** Nothing was saved. */
  problem?: Problem;
}

/** The thread's open artefacts. */
export interface SharedState {
  campaign?: { id?: string; name?: string; start_date?: string | null; end_date?: string | null } | null;
  calendar?: Record<string, unknown>[];
  drafts?: Record<string, Record<string, unknown>>;
}

/** The problem that a RUN_ERROR carries, or one made of its code and message. */
export function problemOf(event: { message: string; code?: string | undefined; metadata?: unknown }): Problem {
  const { metadata } = event;
  if (typeof metadata === "object" && metadata !== null && "problem" in metadata) return metadata.problem as Problem;
  const slug = event.code ?? "run-failed";
  return { slug, title: "The run ended", status: 500, detail: event.message };
}

/** A result's JSON; it comes as text. */
export function resultOf(content: unknown): Result {
  return typeof content === "string" ? (JSON.parse(content) as Result) : {};
}
