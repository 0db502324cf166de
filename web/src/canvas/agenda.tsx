/** The whole calendar as a list of days. */
import { useBusiness } from "../business/current";
import { Standing } from "../previews/standing";
import { Icon } from "../ui/icons";
import { CardView } from "./card-view";
import { platformIcon, PLATFORM_NAMES, type Card } from "./cards";
import { thisYear, when } from "./dates";
import { useOpen } from "./open";
import { Sheet } from "./sheet";

/** Every entry in the order of its time. */
export function AgendaSheet({ cards, name }: { cards: Card[]; name: string }) {
  return (
    <Sheet label={name}>
      {cards.length === 0 && <p className="dim">Nothing is planned yet.</p>}
      <Agenda cards={cards} unfolds={false} />
    </Sheet>
  );
}

/** The list itself; an opened entry unfolds its card below it where there is room. */
export function Agenda({ cards, unfolds }: { cards: Card[]; unfolds: boolean }) {
  const { open, opened, close } = useOpen();
  const business = useBusiness();
  return (
    <ul className="agenda">
      {cards.map((card) => {
        const unfolded = unfolds && card.key === opened;
        return (
          <li key={card.key}>
            <button aria-expanded={unfolds ? unfolded : undefined} onClick={() => (unfolded ? close() : open(card.key))}>
              <Icon name={platformIcon(card.platform)} />
              <span className="vh">{PLATFORM_NAMES[card.platform]}</span>
              <b dir="auto">{card.theme}</b>
              <Standing card={card} edited={false} />
              <time>{card.at ? when(card.at) : "no date yet"}</time>
            </button>
            {unfolded && <CardView card={card} business={business} selected year={thisYear()} />}
          </li>
        );
      })}
    </ul>
  );
}
