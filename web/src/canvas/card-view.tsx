/** A card, as far as it is: only planned, or a draft. */
import type { Business } from "../api/types";
import { DraftCard } from "../previews/card";
import { isWritten, type Card } from "./cards";
import { PlannedCard } from "./planned";

interface Props {
  card: Card;
  business: Business;
  selected: boolean;
  /** The year in view; none where the whole week is, and a weekday says it all. */
  year: number | null;
}

/** The planned slot or its draft. */
export function CardView(props: Props) {
  return isWritten(props.card) ? <DraftCard {...props} /> : <PlannedCard {...props} />;
}
