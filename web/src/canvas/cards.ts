/** What lies on the canvas: the calendar's slots, the saved drafts and what is being written, joined. */
import type { Check, Content, Slot } from "../api/types";
import type { SharedState } from "../copilot/events";
import type { Artefact, RunView } from "../copilot/run";
import type { IconName } from "../ui/icons";

export type Platform = "instagram" | "linkedin" | "email" | "sms";

export const PLATFORMS: readonly Platform[] = ["instagram", "linkedin", "email", "sms"];
export const PLATFORM_NAMES: Record<Platform, string> = {
  instagram: "Instagram",
  linkedin: "LinkedIn",
  email: "E-mail",
  sms: "SMS",
};

/** One draft of the campaign: planned, being written, checked or saved. */
export interface Card {
  key: string;
  platform: Platform;
  /** Wall time, when it is planned. */
  at: string | null;
  theme: string;
  segment: string;
  slotId: string | null;
  content: Content | null;
  artefact: Artefact | null;
}

/** What a draft is called that has no name of its own. */
export const DRAFT_NAMES: Record<Platform, string> = {
  instagram: "Instagram post",
  linkedin: "LinkedIn post",
  email: "e-mail",
  sms: "text message",
};

export type CardState = "planned" | "writing" | "checking" | "failed" | "ready" | "approved" | "unsaved";

/** Whether it is a draft that is written or changed, not a calendar or something to choose from. */
export function isDraft({ name }: Artefact): boolean {
  return name.startsWith("write_") || name === "edit_draft";
}

/** The draft that was saved, or that is changed. */
export function contentIdOf({ result, identity }: Artefact): string | undefined {
  return result?.content_id ?? identity.content_id;
}

/** The name by which a draft is opened: its slot, else its document, else its call. */
export function artefactKey(artefact: Artefact): string {
  return artefact.identity.slot_id ?? contentIdOf(artefact) ?? artefact.id;
}

/** Where it would be posted. */
export function platformOf(artefact: Artefact): Platform {
  if (artefact.name === "write_email") return "email";
  if (artefact.name === "write_sms") return "sms";
  return asPlatform(artefact.identity.platform ?? text(artefact.args["platform"])) ?? "instagram";
}

export function platformIcon(platform: Platform): IconName {
  return platform === "email" ? "mail" : platform;
}

/** A short name for the chip. */
export function artefactTitle(artefact: Artefact): string {
  if (artefact.name === "plan_calendar") {
    const slots = artefact.args["slots"];
    return Array.isArray(slots) && slots.length > 0 ? `Calendar, ${counted(slots, "post")}` : "Calendar";
  }
  if (artefact.name === "change_calendar") return `Calendar, ${counted(artefact.args["operations"], "change")}`;
  return text(artefact.args["subject"]) || artefact.identity.theme || text(artefact.args["caption"]) || text(artefact.args["text"]) || "New draft";
}

function counted(all: unknown, what: string): string {
  const count = Array.isArray(all) ? all.length : 0;
  return `${count} ${count === 1 ? what : `${what}s`}`;
}

/** The checks that did not pass and stop approval. */
export function failedChecks(checks: Check[]): Check[] {
  return checks.filter((check) => !check.passed && stopsApproval(check));
}

/** A warning does not, nor what only stops a send over a real connection. */
export function stopsApproval(check: Check): boolean {
  return check.severity === "block" && check.stage === "approval";
}

/** The checks of a card: the document's, or those the result brought. */
export function checksOf(card: Card): Check[] {
  return card.content?.ai_metadata.checks ?? card.artefact?.result?.checks ?? [];
}

export function stateOf(card: Card): CardState {
  if (card.artefact?.stage === "writing") return "writing";
  if (card.artefact?.stage === "checking") return "checking";
  if (card.artefact && !card.artefact.result && !card.content) return "unsaved";
  if (!isWritten(card)) return "planned";
  if (card.content?.approval_state === "approved") return "approved";
  return failedChecks(checksOf(card)).length > 0 ? "failed" : "ready";
}

/** Whether there is a draft, or one is being written. */
export function isWritten(card: Card): boolean {
  return card.content !== null || card.artefact !== null;
}

/** How the card stands, in words. */
export function stateName(card: Card): string {
  const state = stateOf(card);
  if (state !== "failed") return STATE_NAMES[state];
  const count = failedChecks(checksOf(card)).length;
  return `${count} ${count === 1 ? "check" : "checks"} failed`;
}

const STATE_NAMES: Record<Exclude<CardState, "failed">, string> = {
  planned: "Planned",
  writing: "Being written",
  checking: "Being checked",
  ready: "Ready for you",
  approved: "Approved",
  unsaved: "Not saved",
};

/** All cards in the order of their times. */
export function joinCards(slots: Slot[], contents: Content[], live: RunView | null, start: string | null): Card[] {
  const cards = new Map<string, Card>();
  const artefacts = live?.artefacts ?? [];
  const plan = artefacts.find((artefact) => artefact.name === "plan_calendar" && !artefact.result);
  for (const slot of slots) {
    const platform = asPlatform(slot.platform);
    if (!platform || slot.state === "dropped" || (plan && slot.state === "proposed")) continue;
    const content = contents.find((each) => each.id === slot.content_id || each.slot_id === slot.slot_id) ?? null;
    const { slot_id: key, local_time: at, theme, segment } = slot;
    cards.set(key, { key, platform, at, theme, segment, slotId: key, content, artefact: null });
  }
  for (const card of plan ? plannedCards(plan, plan.identity.start_date ?? start) : []) cards.set(card.key, card);
  for (const content of contents) {
    const platform = asPlatform(content.platform);
    if (!platform || [...cards.values()].some((card) => card.content?.id === content.id)) continue;
    const key = content.slot_id ?? content.id;
    cards.set(key, { key, platform, at: null, theme: content.title || firstWords(content), segment: "", slotId: null, content, artefact: null });
  }
  for (const artefact of artefacts) {
    if (!isDraft(artefact)) continue;
    const saved = [...cards.values()].find((card) => card.content && card.content.id === contentIdOf(artefact));
    const key = saved?.key ?? artefactKey(artefact);
    const { slot_id, local_time, theme = "" } = artefact.identity;
    const base = cards.get(key) ?? { key, content: null, segment: "", slotId: slot_id ?? null };
    const at = "at" in base ? base.at : (local_time ?? null);
    cards.set(key, { theme, ...base, at, platform: platformOf(artefact), artefact });
  }
  return [...cards.values()].map(reuse).sort((a, b) => (a.at ?? "9").localeCompare(b.at ?? "9"));
}

const LONGEST_NAME = 60;

/** The title, or what a post without one begins with. */
export function firstWords({ title, text_content }: Content): string {
  const line = (title || text_content.caption || text_content.body || "").trim().split("\n")[0] ?? "";
  return line.length <= LONGEST_NAME ? line : `${line.slice(0, LONGEST_NAME).replace(/\s+\S*$/, "")}…`;
}

const known = new Map<string, Card>();

/** The same object for the same card, so that only what is being written is rendered again. */
function reuse(card: Card): Card {
  const before = known.get(card.key);
  const same = before && (Object.keys(card) as (keyof Card)[]).every((name) => card[name] === before[name]);
  if (same) return before;
  known.set(card.key, card);
  return card;
}

/** The state's calendar when the run tells one, else the saved one. */
export function slotsOf(saved: Slot[] | undefined, state: SharedState | null): Slot[] {
  const told = (state?.calendar ?? []).filter((slot) => typeof slot["slot_id"] === "string" && typeof slot["local_time"] === "string");
  return told.length > 0 ? (told as unknown as Slot[]) : (saved ?? []);
}

/** When the first slot is that this answer's calendar planned. */
export function plannedFrom(artefacts: Artefact[], live: RunView | null, start: string | null): string | null {
  const plan = artefacts.find((artefact) => artefact.name === "plan_calendar");
  if (!plan) return null;
  const kept = (live?.state?.calendar ?? []).filter((slot) => live?.id && slot["run_id"] === live.id);
  const times = kept.length > 0 ? kept.map((slot) => text(slot["local_time"])) : plannedCards(plan, plan.identity.start_date ?? start).map((card) => card.at ?? "");
  return times.filter(Boolean).sort()[0] ?? null;
}

/** The slots of a calendar as its call tells them. */
function plannedCards(plan: Artefact, start: string | null): Card[] {
  const slots = plan.args["slots"];
  if (!Array.isArray(slots)) return [];
  return slots.flatMap((raw: unknown, index) => {
    const slot = (raw ?? {}) as Record<string, unknown>;
    const platform = asPlatform(text(slot["platform"]));
    const at = slotTime(slot, start);
    if (!platform || !at) return [];
    const key = `${plan.id}:${index}`;
    const [theme, segment] = [text(slot["theme"]), text(slot["segment"])];
    return [{ key, platform, at, theme, segment, slotId: null, content: null, artefact: null }];
  });
}

function slotTime(slot: Record<string, unknown>, start: string | null): string | null {
  const { day, local_time: time } = slot;
  if (typeof time !== "string") return null;
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(time)) return time.slice(0, 16);
  if (!/^\d\d:\d\d/.test(time)) return null;
  if (typeof day === "string" && /^\d{4}-\d\d-\d\d$/.test(day)) return `${day}T${time.slice(0, 5)}`;
  if (typeof day !== "number" || !start) return null;
  const date = new Date(Date.parse(`${start}T00:00:00Z`) + (day - 1) * 86_400_000);
  return `${date.toISOString().slice(0, 10)}T${time.slice(0, 5)}`;
}

function asPlatform(name: string): Platform | null {
  return PLATFORMS.find((platform) => platform === name) ?? null;
}

/** A string, or nothing. */
export function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
