/** How cards are laid in columns of readable width, none much longer than the others. */
import { isWritten, type Card } from "./cards";

const NARROWEST = 264;
const GAP = 16;

/** How many columns the width has room for. */
export function columnCount(width: number): number {
  return Math.max(1, Math.floor((width + GAP) / (NARROWEST + GAP)));
}

/** Each card goes where there is the most room, in the order of time. */
export function columnsOf(cards: Card[], count: number): Card[][] {
  const columns: Card[][] = Array.from({ length: count }, () => []);
  const heights = columns.map(() => 0);
  for (const card of cards) {
    const at = heights.indexOf(Math.min(...heights));
    columns[at]?.push(card);
    heights[at] = (heights[at] ?? 0) + height(card);
  }
  return columns;
}

/** About how high it is, also while it is written: nothing shall move to another column then. */
function height(card: Card): number {
  if (!isWritten(card)) return 110;
  return { instagram: 700, linkedin: 460, email: 480, sms: 230 }[card.platform];
}
