/** The line at the foot of the screen that offers Undo. */
import { useEffect, useState } from "react";

import { Icon } from "./icons";
import { commit, OFFER_MS, settle, takeBack, useOffer, type Offer } from "./undo";

/** Shows the offer; a page that is left makes it final. */
export function Toast() {
  const offer = useOffer();
  useEffect(() => {
    const leave = () => void commit();
    addEventListener("pagehide", leave);
    return () => removeEventListener("pagehide", leave);
  }, []);
  return (
    <div className="toasts" role="status">
      {offer && <Line key={offer.text} offer={offer} />}
    </div>
  );
}

/** Stays while the pointer or the focus is on it; Ctrl+Z takes back wherever nothing is typed. */
function Line({ offer }: { offer: Offer }) {
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => void settle(), OFFER_MS);
    return () => clearTimeout(timer);
  }, [held, offer]);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, select");
      if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || typing || !offer.undo) return;
      event.preventDefault();
      takeBack();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [offer]);

  return (
    <div
      className="toast"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span dir="auto">{offer.text}</span>
      {offer.undo && (
        <button className="link" onClick={takeBack}>
          Undo
        </button>
      )}
      <button className="ib" aria-label="Dismiss" onClick={() => void settle()}>
        <Icon name="close" />
      </button>
    </div>
  );
}
