/** On a phone: the canvas as a sheet over the chat; composer and Stop stay in reach. */
import { useEffect, useRef, type PointerEvent, type ReactNode } from "react";

import { useBusiness } from "../business/current";
import { Icon } from "../ui/icons";
import { CardView } from "./card-view";
import { isWritten, type Card } from "./cards";
import { thisYear } from "./dates";
import { useOpen } from "./open";

/** Escape, the cross, Back or a pull on its head closes it; the focus goes back to where it came from. */
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
  const { sheet, ...pull } = usePull(close);
  return (
    <section ref={sheet} className="sheet" aria-label={label}>
      <header className="sheet-h" {...pull}>
        <h2 ref={heading} tabIndex={-1} dir="auto">
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

const FAR_PX = 96;

/** The sheet follows a finger that pulls its head down; let go far enough, it closes. */
function usePull(close: () => void) {
  const sheet = useRef<HTMLElement>(null);
  const from = useRef<number | null>(null);

  function move(to: number) {
    if (sheet.current) sheet.current.style.transform = to > 0 ? `translateY(${to}px)` : "";
  }

  return {
    sheet,
    onPointerDown(event: PointerEvent) {
      if (event.target instanceof Element && event.target.closest("button")) return;
      from.current = event.clientY;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      if (from.current !== null) move(event.clientY - from.current);
    },
    onPointerUp(event: PointerEvent) {
      if (from.current !== null && event.clientY - from.current > FAR_PX) close();
      from.current = null;
      move(0);
    },
    onPointerCancel() {
      from.current = null;
      move(0);
    },
  };
}

/** One draft, and the way to the others. */
export function DraftSheet({ card, cards }: { card: Card; cards: Card[] }) {
  const business = useBusiness();
  const { open } = useOpen();
  const written = cards.filter(isWritten);
  const at = written.indexOf(card);
  const step = (by: number) => {
    const next = written[(at + by + written.length) % written.length];
    if (next) open(next.key);
  };
  return (
    <Sheet
      label={card.theme || "Draft"}
      tools={
        written.length > 1 &&
        at >= 0 && (
          <>
            <button className="ib" aria-label="Previous" onClick={() => step(-1)}>
              <Icon name="chev-l" />
            </button>
            <span className="faint num">
              {at + 1} of {written.length}
            </span>
            <button className="ib" aria-label="Next" onClick={() => step(1)}>
              <Icon name="chev-r" />
            </button>
          </>
        )
      }
    >
      <div className="posts single">
        <CardView key={card.key} card={card} business={business} selected year={thisYear()} />
      </div>
    </Sheet>
  );
}
