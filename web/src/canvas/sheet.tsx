/** On a phone: the canvas as a sheet over the chat; composer and Stop stay in reach. */
import { useEffect, useRef, type ReactNode } from "react";

import { Icon } from "../ui/icons";
import { thisYear } from "./dates";
import { useOpen } from "./open";
import { stateOf, type Card } from "./cards";
import { Posts } from "./posts";

/** Escape or the cross closes it; the focus goes back to where it came from. */
export function Sheet({ label, tools, children }: { label: string; tools?: ReactNode; children: ReactNode }) {
  const { close } = useOpen();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    heading.current?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    <section className="sheet" aria-label={label}>
      <header className="sheet-h">
        <h2 ref={heading} tabIndex={-1}>
          {label}
        </h2>
        <span className="end">{tools}</span>
        <button className="ib" aria-label="Close" onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <div className="sheet-b">{children}</div>
    </section>
  );
}

/** One draft, and the way to the next written one. */
export function DraftSheet({ card, cards }: { card: Card; cards: Card[] }) {
  const { open } = useOpen();
  const written = cards.filter((each) => stateOf(each) !== "planned");
  const at = written.indexOf(card);
  const next = written[(at + 1) % written.length];
  return (
    <Sheet
      label={card.theme || "Draft"}
      tools={
        written.length > 1 &&
        at >= 0 && (
          <>
            <span className="faint num">
              {at + 1} of {written.length}
            </span>
            <button className="ib" aria-label="Next" onClick={() => next && open(next.key)}>
              <Icon name="chev-r" />
            </button>
          </>
        )
      }
    >
      <Posts key={card.key} cards={[card]} year={thisYear()} single />
    </Sheet>
  );
}
