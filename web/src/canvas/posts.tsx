/** The cards of the week in view, and what has no time yet. */
import { useEffect } from "react";

import { useBusiness } from "../business/current";
import { brandStyle } from "../previews/brand";
import { DraftCard } from "../previews/card";
import { columnsOf } from "./columns";
import { useOpen } from "./open";
import { PlannedCard } from "./planned";
import type { Card } from "./cards";

interface Props {
  cards: Card[];
  /** The year in view; none where the whole week is, and a weekday says it all. */
  year: number | null;
  single: boolean;
}

/** Columns of cards; the opened one comes into view. */
export function Posts({ cards, year, single }: Props) {
  const business = useBusiness();
  const { opened } = useOpen();
  const { layout, columns } = single ? { layout: "single", columns: [cards] } : columnsOf(cards, year !== null);

  useEffect(() => {
    if (!opened) return;
    const card = document.getElementById(`card-${opened}`);
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    card?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }, [opened]);

  return (
    <div className={`posts ${layout}`} style={brandStyle(business)}>
      {columns.map((column, at) => (
        <div className="col" key={at}>
          {column.map((card) =>
            card.content || card.artefact ? (
              <DraftCard key={card.key} card={card} business={business} selected={card.key === opened} year={year} />
            ) : (
              <PlannedCard key={card.key} card={card} selected={card.key === opened} year={year} />
            ),
          )}
        </div>
      ))}
    </div>
  );
}
