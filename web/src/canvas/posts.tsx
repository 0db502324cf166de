/** Cards side by side, as the platforms show them. */
import { useBusiness } from "../business/current";
import { useWidth } from "../ui/media";
import { CardView } from "./card-view";
import { isWritten, type Card } from "./cards";
import { columnCount, columnsOf } from "./columns";
import { useOpen } from "./open";

interface Props {
  cards: Card[];
  /** What follows, shown as far as the cards leave room. */
  later?: { cards: Card[]; year: number };
  /** The year in view; none where the whole week is, and a weekday says it all. */
  year: number | null;
}

const FEWEST = 4;

/** As many columns as there is room for, and enough cards to fill them. */
export function Posts({ cards, later, year }: Props) {
  const business = useBusiness();
  const { opened } = useOpen();
  const [element, width] = useWidth<HTMLDivElement>();
  const most = columnCount(width);
  const room = Math.max(most, FEWEST) - cards.filter(isWritten).length;
  const all = [...cards, ...(later?.cards.slice(0, Math.max(0, room)) ?? [])];
  return (
    <div ref={element} className="posts">
      {columnsOf(all, Math.min(most, all.length)).map((column, at) => (
        <div className="col" key={at}>
          {column.map((card) => (
            <CardView
              key={card.key}
              card={card}
              business={business}
              selected={card.key === opened}
              year={cards.includes(card) ? year : (later?.year ?? year)}
            />
          ))}
        </div>
      ))}
    </div>
  );
}
