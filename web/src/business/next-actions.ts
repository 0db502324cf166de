/** Three ways to start, each from what this business has said. */
import type { Business, Fact } from "../api/types";
import type { IconName } from "../ui/icons";
import { gapsOf, PRICE } from "./facts";

export interface NextAction {
  icon: IconName;
  title: string;
  reason: string;
  /** What it puts into the composer, or the gap it opens. */
  does: { say: string } | { add: string };
}

const EVENT = /event|open house|workshop|tasting|opening day|sale\b|launch|festival|veranstaltung|événement|evento/i;

/** At most three, the most particular first. */
export function nextActions(business: Business): NextAction[] {
  const { facts, target_audience: segments, primary_goals: goals, business_name: name } = business;
  const price = facts.find((fact) => PRICE.test(fact.value));
  const event = facts.find((fact) => fact !== price && EVENT.test(`${fact.key} ${fact.value}`));
  const [segment] = segments;
  const [goal] = goals;
  const gap = gapsOf(business).find((each) => each === "Price") ?? gapsOf(business)[0];
  const all: (NextAction | undefined)[] = [
    price && {
      icon: "calendar",
      title: `Plan a campaign around ${quote(price)}`,
      reason: "It is the price in your facts.",
      does: { say: `Plan a two-week push on Instagram and by e-mail around this: ${asSaid(price)}` },
    },
    event && {
      icon: "mail",
      title: `Invite people: ${event.key.toLowerCase()}`,
      reason: `From your facts: ${short(event.value)}.`,
      does: { say: `Write the invitation for this: ${asSaid(event)}` },
    },
    segment && {
      icon: "people",
      title: `Write a first post for ${segment.segment_name}`,
      reason: segments.length > 1 ? `The first of the ${segments.length} groups you write for.` : "The group you write for.",
      does: { say: `Write an Instagram post for ${segment.segment_name}` },
    },
    goal === undefined ? undefined : {
      icon: "calendar",
      title: `Plan four weeks for ${goal.toLowerCase()}`,
      reason: "It is the first of your goals.",
      does: { say: `Plan four weeks of posts for this goal: ${goal.toLowerCase()}` },
    },
    gap === undefined ? undefined : {
      icon: "fact",
      title: `Add your ${gap === "Phone" ? "phone number" : gap.toLowerCase()}`,
      reason: "Posts can’t mention it yet.",
      does: { add: gap },
    },
    {
      icon: "instagram",
      title: `Introduce ${name} on Instagram`,
      reason: `From your industry: ${short(business.industry)}.`,
      does: { say: `Write an Instagram post that introduces ${name}` },
    },
  ];
  return all.filter((action) => action !== undefined).slice(0, 3);
}

function asSaid(fact: Fact): string {
  if (/^(offer|price|angebot|preis|offre|prix|oferta|precio)$/i.test(fact.key)) return fact.value;
  return fact.value.toLowerCase().includes(fact.key.toLowerCase()) ? fact.value : `${fact.key} ${fact.value}`;
}

function quote(fact: Fact): string {
  return `“${short(asSaid(fact))}”`;
}

function short(text: string): string {
  return text.length > 44 ? `${text.slice(0, 43).replace(/\s+\S*$/, "")}…` : text;
}
