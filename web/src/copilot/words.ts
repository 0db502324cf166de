/** How the work of the agents is put into words. */
import type { AgentStep } from "./events";
import type { Piece, RunView } from "./run";

const AGENTS: Record<string, string> = {
  strategy: "Strategist",
  copywriter: "Copywriter",
  guard: "Brand guard",
  brand_guard: "Brand guard",
  router: "Copilot",
  copilot: "Copilot",
  answer: "Copilot",
};

function agentName(agent: string): string {
  return AGENTS[agent] ?? agent.charAt(0).toUpperCase() + agent.slice(1).replaceAll("_", " ");
}

/** One sentence on who works on what. */
export function doing(run: RunView): string {
  if (run.link === "reconnecting") return "Reconnecting, nothing is lost";
  if (run.stopping) return "Stopping";
  const step = run.steps.findLast((each) => each.status === "started");
  const piece = run.pieces.findLast((each) => each.stage === "writing" && each.identity.of);
  if (piece && step?.agent === "copywriter") {
    return `Copywriter is writing ${piece.identity.index ?? 1} of ${piece.identity.of ?? 1}`;
  }
  const checked = run.pieces.findLast((each) => each.stage === "checking");
  if (checked) return `Checking ${checked.identity.of ? `${checked.identity.index ?? 1} of ${checked.identity.of}` : "it"}`;
  if (step) return stepLine(step);
  return run.begun && run.steps.length > 0 ? "Copilot is answering" : "Starting";
}

function stepLine(step: AgentStep): string {
  const count = step.of && step.of > 1 ? ` ${step.index ?? 1} of ${step.of}` : "";
  const who = agentName(step.agent);
  return /^\w+ing\b/.test(step.task) ? `${who} is ${step.task}${count}` : `${who}: ${step.task}${count}`;
}

/** What a finished step was, for the fold. */
export function stepDone(step: AgentStep): string {
  return `${agentName(step.agent)}: ${step.task}`;
}

/** Bulbs: one per piece of work; lit, burning, dark. */
export function bulbs(run: RunView): ("on" | "now" | "")[] {
  const written = run.pieces.filter((piece) => piece.name !== "plan_calendar");
  const total = Math.max(0, ...written.map((piece) => piece.identity.of ?? 0), written.length);
  const states = total > 0 ? written.map(bulb) : run.steps.map((step) => (step.status === "started" ? "now" : "on"));
  return Array.from({ length: Math.min(Math.max(total, states.length, 1), 24) }, (_, at) => states[at] ?? "");
}

function bulb(piece: Piece): "on" | "now" {
  return piece.stage === "done" ? "on" : "now";
}

/** A duration as people say it. */
export function seconds(ms: number): string {
  const total = Math.round(ms / 1000);
  return total < 60 ? `${total} s` : `${Math.floor(total / 60)} min ${total % 60} s`;
}
