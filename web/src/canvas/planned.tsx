/** A planned slot that nobody has written yet. */
import { writeSlots } from "../copilot/continue";
import { useThread } from "../copilot/thread";
import { Standing } from "../previews/standing";
import { Icon } from "../ui/icons";
import { when, whenInWeek } from "./dates";
import { useShown } from "./open";
import { platformIcon, PLATFORM_NAMES, type Card } from "./cards";

/** Its real head, hollow frames, its theme, and the way to have it written. */
export function PlannedCard({ card, selected, year }: { card: Card; selected: boolean; year: number | null }) {
  const { running, say } = useThread();
  const article = useShown<HTMLElement>(selected);
  const { slotId } = card;
  const what = `${PLATFORM_NAMES[card.platform]}, ${card.at ? when(card.at) : ""}: ${card.theme}`;
  return (
    <article
      ref={article}
      className="card"
      id={`card-${card.key}`}
      tabIndex={-1}
      aria-current={selected ? true : undefined}
      aria-label={what}
    >
      <header className="card-h">
        <Icon name={platformIcon(card.platform)} />
        <time>{card.at && (year === null ? whenInWeek(card.at) : when(card.at, year))}</time>
        <Standing card={card} edited={false} />
      </header>
      <div className="soon">
        <span className="frames" aria-hidden="true">
          <i />
          <i />
        </span>
        <p>
          <b dir="auto">{card.theme}</b>
          {card.segment ? `For ${card.segment}. ` : ""}Not written yet.{" "}
          {slotId && !running && (
            <button className="link" onClick={() => say(`Write this draft: ${what}`, writeSlots([slotId]))}>
              Write this draft
            </button>
          )}
        </p>
      </div>
    </article>
  );
}
