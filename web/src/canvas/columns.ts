/** How cards are laid in columns: by platform as long as that fills them, else evenly. */
import type { Card } from "./cards";

export interface Columns {
  /** The class that gives the columns their widths. */
  layout: "by-platform" | "even";
  columns: Card[][];
}

/** Instagram narrow, LinkedIn wide, messages beside it; with fewer platforms or full dates, even columns. */
export function columnsOf(cards: Card[], fullDate: boolean): Columns {
  const by = (...names: string[]) => cards.filter((card) => names.includes(card.platform));
  const columns = [by("instagram"), by("linkedin"), by("email", "sms")];
  if (!fullDate && columns.every((column) => column.length > 0)) return { layout: "by-platform", columns };
  const even: Card[][] = [[], [], []];
  const heights = [0, 0, 0];
  for (const card of cards) {
    const at = heights.indexOf(Math.min(...heights));
    even[at]?.push(card);
    heights[at] = (heights[at] ?? 0) + height(card);
  }
  return { layout: "even", columns: even.filter((column) => column.length > 0) };
}

function height(card: Card): number {
  if (!card.content && !card.artefact) return 1;
  return { instagram: 5, linkedin: 4, email: 4, sms: 2 }[card.platform];
}
