/** A planned slot that nobody has written yet. */
import { useState, type KeyboardEvent } from "react";

import { useThread } from "../copilot/thread";
import { writeSlots } from "../copilot/continue";
import { CardTime, SlotForm } from "../previews/slot-form";
import { Standing } from "../previews/standing";
import { Icon } from "../ui/icons";
import { when } from "./dates";
import { useShown } from "./open";
import { platformIcon, PLATFORM_NAMES, type Card } from "./cards";

/** Its real head, hollow frames, its theme, and the way to have it written. */
export function PlannedCard({ card, selected, year }: { card: Card; selected: boolean; year: number | null }) {
  const { running, say } = useThread();
  const article = useShown<HTMLElement>(selected);
  const [open, setOpen] = useState(false);
  const { slotId } = card;
  const what = `${PLATFORM_NAMES[card.platform]}, ${card.at ? when(card.at) : ""}: ${card.theme}`;

  function close() {
    setOpen(false);
    article.current?.querySelector<HTMLElement>("[data-panel]")?.focus();
  }

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape" || !open) return;
    event.preventDefault();
    close();
  }

  return (
    <article
      ref={article}
      className="card"
      id={`card-${card.key}`}
      tabIndex={-1}
      aria-current={selected ? true : undefined}
      aria-label={what}
      onKeyDown={leave}
    >
      <header className="card-h">
        <Icon name={platformIcon(card.platform)} />
        <CardTime card={card} year={year} name={card.theme} open={open} onOpen={() => setOpen(!open)} />
        <Standing card={card} edited={false} />
      </header>
      {open && <SlotForm card={card} name={card.theme} onClose={close} />}
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
