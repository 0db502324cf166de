/** What the chat shows: the thread's documents of one branch, then the run that is going on. */
import type { ThreadMessageLike } from "@assistant-ui/react";

import type { Clarification, Message, Problem, ProposedAction, Thread } from "../api/types";
import type { AgentStep, Identity, Result } from "./events";
import type { Outcome, Artefact, RunView } from "./run";
import { newest, pathTo, siblings } from "./tree";

/** One message on the screen. */
export interface Shown {
  id: string;
  role: "user" | "assistant";
  text: string;
  /** Figures of the text that have no source. */
  unsourced: string[];
  clarify: Clarification | null;
  proposed: ProposedAction[];
  at: Date;
  steps: AgentStep[];
  /** How long the whole took, once it is over. */
  ms: number | null;
  artefacts: Artefact[];
  outcome: Outcome | null;
  problem: Problem | null;
  /** The run, while it is told by the stream. */
  live: RunView | null;
  /** Ids of the branches that lie beside it, itself included. */
  beside: string[];
}

/** The messages of the branch that ends in `head`, and of the live run. */
export function shownMessages(thread: Thread | undefined, live: RunView | null, head: string | null): Shown[] {
  const all = thread?.messages ?? [];
  const asked = live?.id ? all.find((message) => message.role === "user" && message.run_id === live.id) : undefined;
  const answered = live?.id ? all.find((message) => isAnswer(message, live)) : undefined;
  if (live && !(live.outcome && answered)) {
    const path = asked ? pathTo(all, asked.id) : pathTo(all, live.ask ? live.ask.parentId : (newest(all)?.id ?? null));
    const before = path.filter((message) => message.id !== answered?.id).map((message) => fromDocument(message, all));
    const ask = asked || !live.ask ? [] : [fromAsk(live, live.ask.text)];
    return [...before, ...ask, fromRun(live)];
  }
  return pathTo(all, head ?? newest(all)?.id ?? null).map((message) => fromDocument(message, all));
}

/** Whether the thread's documents already tell how the run ended. */
export function isTold(thread: Thread, live: RunView): boolean {
  return thread.messages.some((message) => isAnswer(message, live));
}

function isAnswer(message: Message, live: RunView): boolean {
  return message.role === "assistant" && message.run_id === live.id;
}

const cache = new WeakMap<Message, { all: Message[]; shown: Shown }>();

/** The same object for the same document, so that only what changed is rendered again. */
function fromDocument(message: Message, all: Message[]): Shown {
  const known = cache.get(message);
  if (known?.all === all) return known.shown;
  const shown = makeShown(message, all);
  cache.set(message, { all, shown });
  return shown;
}

function makeShown(message: Message, all: Message[]): Shown {
  const asked = all.find((other) => other.id === message.parent_id);
  return {
    id: message.id,
    role: message.role,
    text: message.content,
    unsourced: message.unsourced,
    clarify: message.clarify,
    proposed: message.proposed_actions,
    at: new Date(message.created_at),
    steps: message.steps,
    ms: asked ? Date.parse(message.created_at) - Date.parse(asked.created_at) : null,
    artefacts: message.artefacts.map((artefact) => ({
      id: artefact.tool_call_id,
      name: artefact.name,
      identity: artefact.identity as Partial<Identity>,
      args: artefact.args,
      stage: "done" as const,
      ...(artefact.result ? { result: artefact.result as Result } : {}),
    })),
    outcome: outcomeOf(message.status),
    problem: message.problem as Problem | null,
    live: null,
    beside: siblings(all, message).map((other) => other.id),
  };
}

function outcomeOf(status: string): Outcome {
  if (status === "stopped") return "cancelled";
  return status === "failed" ? "failed" : "success";
}

function fromAsk(live: RunView, text: string): Shown {
  const at = new Date(live.startedAt);
  const none = { unsourced: [], clarify: null, proposed: [], steps: [], ms: null, artefacts: [], outcome: null, problem: null, live: null, beside: [] };
  return { id: `${live.runId}:ask`, role: "user", text, at, ...none };
}

function fromRun(live: RunView): Shown {
  return {
    id: `${live.runId}:answer`,
    role: "assistant",
    text: live.text,
    unsourced: live.unsourced,
    clarify: live.clarify,
    proposed: live.proposed,
    at: new Date(live.startedAt),
    steps: live.steps,
    ms: null,
    artefacts: live.artefacts,
    outcome: live.outcome,
    problem: live.problem,
    live,
    beside: [],
  };
}

/** The form in which assistant-ui takes a message. */
export function convert(message: Shown): ThreadMessageLike {
  return {
    id: message.id,
    role: message.role,
    createdAt: message.at,
    content: [{ type: "text", text: message.text }],
    metadata: { custom: { shown: message } },
    ...(message.role === "assistant"
      ? { status: message.live && !message.outcome ? { type: "running" } : { type: "complete", reason: "stop" } }
      : {}),
  };
}
