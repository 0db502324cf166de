/** One run as the page sees it: events in, an immutable view out, one view per frame. */
import { parsePartialJsonObject } from "assistant-stream/utils";
import { applyPatch, type Operation } from "fast-json-patch";

import type { Clarification, Problem, ProposedAction } from "../api/types";
import {
  problemOf,
  resultOf,
  type AgentStep,
  type Identity,
  type Result,
  type SharedState,
  type StreamEvent,
  type Unsourced,
} from "./events";

export type Outcome = "success" | "interrupt" | "cancelled" | "failed";

/** A typed output while it is written, checked and when it is saved. */
export interface Artefact {
  id: string;
  name: string;
  identity: Partial<Identity>;
  args: Record<string, unknown>;
  stage: "writing" | "checking" | "done";
  result?: Result;
}

/** What is to be seen of a run. */
export interface RunView {
  runId: string;
  /** The server's id, once the message is stored. */
  id: string | null;
  ask: { text: string; parentId: string | null } | null;
  startedAt: number;
  link: "open" | "reconnecting";
  stopping: boolean;
  begun: boolean;
  text: string;
  /** Figures of the text that have no source. */
  unsourced: string[];
  /** A question with its possible answers. */
  clarify: Clarification | null;
  /** What only a person may do. */
  proposed: ProposedAction[];
  steps: AgentStep[];
  artefacts: Artefact[];
  state: SharedState | null;
  outcome: Outcome | null;
  problem: Problem | null;
}

interface Draft extends Artefact {
  attempt: number;
}

interface Said {
  text: string;
  unsourced: string[];
  attempt: number;
}

const hidden = () => document.visibilityState === "hidden";

/** Applies events in order and publishes at most once per frame. */
export class LiveRun {
  private readonly said = new Map<string, Said>();
  private readonly steps = new Map<string, AgentStep>();
  private readonly drafts = new Map<string, Draft>();
  private readonly identities = new Map<string, Identity>();
  private readonly argsText = new Map<string, string>();
  private readonly proposed: ProposedAction[] = [];
  private readonly grown = new Set<string>();
  private frame = false;
  private patch: Partial<RunView> = {};

  constructor(
    public view: RunView,
    private readonly publish: () => void,
  ) {}

  /** Take note of one event of the stream. */
  apply(event: StreamEvent, attempt: number): void {
    switch (event.type) {
      case "RUN_STARTED":
        this.set({ begun: true });
        break;
      case "TEXT_MESSAGE_START":
        this.forget(attempt);
        this.said.set(event.messageId, { text: "", unsourced: [], attempt });
        break;
      case "TEXT_MESSAGE_CONTENT": {
        const said = this.said.get(event.messageId);
        if (said) said.text += event.delta;
        break;
      }
      case "TOOL_CALL_START":
        this.forget(attempt);
        this.open(event.toolCallId, event.toolCallName, attempt);
        break;
      case "TOOL_CALL_ARGS":
        this.argsText.set(event.toolCallId, (this.argsText.get(event.toolCallId) ?? "") + event.delta);
        this.grown.add(event.toolCallId);
        break;
      case "TOOL_CALL_END":
        this.update(event.toolCallId, { stage: "checking" });
        break;
      case "TOOL_CALL_RESULT":
        this.close(event.toolCallId, resultOf(event.content));
        break;
      case "STATE_SNAPSHOT":
        this.set({ state: event.snapshot as SharedState });
        break;
      case "STATE_DELTA":
        this.change(event.delta as Operation[]);
        break;
      case "CUSTOM":
        this.custom(event.name, event.value);
        break;
      case "RUN_FINISHED":
        this.leave();
        this.set({ outcome: (event.outcome?.type as Outcome | undefined) ?? "success" });
        break;
      case "RUN_ERROR":
        this.leave();
        this.set({ outcome: "failed", problem: problemOf(event) });
        break;
    }
    this.schedule();
  }

  /** Change what the connection or the person decides, at once. */
  set(patch: Partial<RunView>): void {
    this.patch = { ...this.patch, ...patch };
    this.schedule();
  }

  private custom(name: string, value: unknown): void {
    if (name === "marquee.agent_step") {
      const step = value as AgentStep;
      this.steps.set(step.id, { ...this.steps.get(step.id), ...step });
    } else if (name === "marquee.artefact") {
      const identity = value as Identity;
      this.identities.set(identity.tool_call_id, identity);
      this.update(identity.tool_call_id, { identity });
    } else if (name === "marquee.unsourced") {
      const { message_id, figures } = value as Unsourced;
      const said = this.said.get(message_id);
      if (said) said.unsourced = figures;
    } else if (name === "marquee.clarify") {
      this.set({ clarify: value as Clarification });
    } else if (name === "marquee.proposed_action") {
      this.proposed.push(value as ProposedAction);
    } else if (name === "marquee.attempt") {
      this.proposed.length = 0;
    }
  }

  private open(id: string, name: string, attempt: number): void {
    const identity: Partial<Identity> = this.identities.get(id) ?? {};
    for (const [key, draft] of this.drafts) {
      const same = (name: "slot_id" | "content_id") => identity[name] !== undefined && draft.identity[name] === identity[name];
      if (draft.attempt < attempt && (same("slot_id") || same("content_id"))) this.drafts.delete(key);
    }
    this.argsText.delete(id);
    this.drafts.set(id, { id, name, identity, args: {}, stage: "writing", attempt });
  }

  private close(id: string, result: Result): void {
    if (result.superseded_by) this.drafts.delete(id);
    else this.update(id, { stage: "done", ...(result.problem ? {} : { result }) });
  }

  private update(id: string, patch: Partial<Artefact>): void {
    const draft = this.drafts.get(id);
    if (draft && !(draft.stage === "done" && patch.stage === "checking")) this.drafts.set(id, { ...draft, ...patch });
  }

  /** A later attempt tells the unfinished again: what an earlier one left open goes. */
  private forget(attempt: number): void {
    for (const [key, said] of this.said) if (said.attempt < attempt) this.said.delete(key);
    for (const [key, draft] of this.drafts) {
      if (draft.attempt < attempt && draft.stage !== "done") this.drafts.delete(key);
    }
  }

  /** Nobody works on what has no result when the run ends. */
  private leave(): void {
    for (const id of this.drafts.keys()) this.update(id, { stage: "done" });
  }

  private change(delta: Operation[]): void {
    const state = this.patch.state ?? this.view.state ?? {};
    try {
      this.set({ state: applyPatch(state, delta, true, false).newDocument });
    } catch {
      // A patch on a state that a gap swallowed: the next snapshot mends it.
      this.set({ state });
    }
  }

  private schedule(): void {
    if (this.frame) return;
    this.frame = true;
    const paint = () => this.flush();
    if (hidden()) setTimeout(paint, 200);
    else requestAnimationFrame(paint);
  }

  /** Publish what has come in since the last frame. */
  flush(): void {
    this.frame = false;
    for (const id of this.grown) {
      const args = parsePartialJsonObject(this.argsText.get(id) ?? "");
      const draft = this.drafts.get(id);
      if (draft && args) this.drafts.set(id, { ...draft, args });
    }
    this.grown.clear();
    this.view = {
      ...this.view,
      ...this.patch,
      text: [...this.said.values()]
        .map((said) => said.text)
        .filter(Boolean)
        .join("\n\n"),
      unsourced: [...this.said.values()].flatMap((said) => said.unsourced),
      proposed: [...this.proposed],
      steps: [...this.steps.values()],
      artefacts: [...this.drafts.values()],
    };
    this.patch = {};
    this.publish();
  }
}
