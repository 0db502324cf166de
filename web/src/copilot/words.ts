/** How the work of the agents is put into words. */
import { isDraft } from "../canvas/cards";
import type { AgentStep } from "./events";
import type { Artefact, RunView } from "./run";

const AGENTS: Record<string, string> = {
  strategist: "Strategist",
  copywriter: "Copywriter",
  copilot: "Copilot",
};

/** What a task is while it is done, and how the fold names it. */
const TASKS: Record<string, [doing: string, done: string]> = {
  understand: ["reading your sentence", "request"],
  plan_calendar: ["planning the calendar", "calendar"],
  answer: ["answering", "answer"],
  change_calendar: ["changing the calendar", "calendar"],
  edit: ["changing", "change"],
  variants: ["writing alternatives", "alternatives"],
  instagram: ["writing", "Instagram post"],
  linkedin: ["writing", "LinkedIn post"],
  email: ["writing", "e-mail"],
  sms: ["writing", "SMS"],
};

function agentName(agent: string): string {
  return AGENTS[agent] ?? agent.charAt(0).toUpperCase() + agent.slice(1).replaceAll("_", " ");
}

/** One sentence on who works on what. */
export function doing(run: RunView): string {
  if (run.link === "reconnecting") return "Reconnecting, nothing is lost";
  if (run.stopping) return "Stopping";
  const steps = run.steps.filter((each) => each.status === "started");
  const writers = steps.filter((each) => each.of !== undefined);
  if (writers.length > 1) return counted(writers, run);
  const step = steps.at(-1);
  const checked = run.artefacts.findLast((each) => each.stage === "checking" && each.identity.of);
  if (step?.of && checked && !run.artefacts.some((each) => each.stage === "writing")) {
    return `Checking ${checked.identity.index ?? 1} of ${checked.identity.of ?? 1}`;
  }
  if (step) return stepLine(step);
  if (!run.begun) return "Sending";
  return run.steps.length > 0 ? "Copilot is working" : "Copilot is starting";
}

/** Several at once: how many, and how many of them are done. */
function counted(writers: AgentStep[], run: RunView): string {
  const first = writers[0];
  const of = first?.of ?? writers.length;
  const done = written(run).filter((artefact) => artefact.stage === "done").length;
  return `${agentName(first?.agent ?? "copywriter")} is writing ${of} drafts${done > 0 ? `, ${done} done` : ""}`;
}

function stepLine(step: AgentStep): string {
  const count = step.of && step.of > 1 ? ` ${step.index ?? 1} of ${step.of}` : "";
  const known = TASKS[step.task]?.[0];
  const who = agentName(step.agent);
  return known ? `${who} is ${known}${count}` : `${who}: ${step.task}${count}`;
}

/** What a step was, for the fold. */
export function taskName(step: AgentStep): string {
  return TASKS[step.task]?.[1] ?? step.task;
}

/** Who did what. */
export function stepDone(step: AgentStep): string {
  return `${agentName(step.agent)}: ${taskName(step)}`;
}

function written(run: RunView): Artefact[] {
  return run.artefacts.filter(isDraft);
}

/** Bulbs: one per artefact; lit, burning, dark. */
export function bulbs(run: RunView): ("on" | "now" | "")[] {
  const artefacts = written(run);
  const total = Math.max(0, ...artefacts.map((artefact) => artefact.identity.of ?? 0), artefacts.length);
  const states =
    total > 0
      ? artefacts.map((artefact) => (artefact.stage === "done" ? "on" : "now"))
      : run.steps.map((step) => (step.status === "started" ? "now" : "on"));
  return Array.from({ length: Math.min(Math.max(total, states.length, 1), 24) }, (_, at) => states[at] ?? "");
}

/** A duration as people say it. */
export function seconds(ms: number): string {
  const total = Math.round(ms / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}
