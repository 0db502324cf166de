/** On a phone: the whole calendar as a list of days. */
import { Icon } from "../ui/icons";
import { when } from "./dates";
import { useOpen } from "./open";
import { platformIcon, PLATFORM_NAMES, type Card } from "./cards";
import { Sheet } from "./sheet";
import { Standing } from "../previews/standing";

/** Every draft in the order of its time. */
export function AgendaSheet({ cards, name }: { cards: Card[]; name: string }) {
  const { open } = useOpen();
  return (
    <Sheet label={name}>
      {cards.length === 0 && <p className="dim">Nothing is planned yet.</p>}
      <ul className="agenda">
        {cards.map((card) => (
          <li key={card.key}>
            <button onClick={() => open(card.key)}>
              <Icon name={platformIcon(card.platform)} />
              <span className="vh">{PLATFORM_NAMES[card.platform]}</span>
              <b>{card.theme}</b>
              <Standing card={card} edited={false} />
              <time>{card.at ? when(card.at) : "no time yet"}</time>
            </button>
          </li>
        ))}
      </ul>
    </Sheet>
  );
}
