/** A planned slot that nobody has written yet. */
import { useThread } from "../copilot/thread";
import { Standing } from "../previews/standing";
import { Icon } from "../ui/icons";
import { when } from "./dates";
import { platformIcon, PLATFORM_NAMES, type Card } from "./pieces";

/** Its real head, hollow frames, its theme, and the way to have it written. */
export function PlannedCard({ card, selected, fullDate }: { card: Card; selected: boolean; fullDate: boolean }) {
  const { running, say } = useThread();
  const { slotId } = card;
  const what = `${PLATFORM_NAMES[card.platform]}, ${card.at ? when(card.at, true) : ""}: ${card.theme}`;
  return (
    <article className="card" id={`piece-${card.key}`} aria-current={selected ? true : undefined} aria-label={what}>
      <header className="card-h">
        <Icon name={platformIcon(card.platform)} />
        <time>{card.at && when(card.at, fullDate)}</time>
        <Standing card={card} edited={false} />
      </header>
      <div className="soon">
        <span className="frames" aria-hidden="true">
          <i />
          <i />
        </span>
        <p>
          <b>{card.theme}</b>
          {card.segment ? `For ${card.segment}. ` : ""}Not written yet.{" "}
          {slotId && !running && (
            <button className="link" onClick={() => say(`Write this one: ${what}`, [slotId])}>
              Write it
            </button>
          )}
        </p>
      </div>
    </article>
  );
}
