/** How a card stands, at the right of its head. */
import { stateName, stateOf, type Card, type CardState } from "../canvas/cards";
import { Icon } from "../ui/icons";

const CLASSES: Record<CardState, string> = {
  planned: "wait",
  writing: "live",
  checking: "",
  failed: "fail",
  ready: "ready",
  approved: "done",
  unsaved: "wait",
};

/** Written, checked, ready or failed; said in words and shown by a mark. */
export function Standing({ card, edited }: { card: Card; edited: boolean }) {
  if (edited) return <span className="st">Not saved yet</span>;
  const state = stateOf(card);
  return (
    <span className={`st ${CLASSES[state]}`}>
      <Mark state={state} /> {stateName(card)}
    </span>
  );
}

function Mark({ state }: { state: CardState }) {
  switch (state) {
    case "writing":
      return <i className="caret" />;
    case "checking":
      return <i className="turn" />;
    case "failed":
      return <Icon name="alert" />;
    case "approved":
      return <Icon name="check" />;
    case "ready":
      return <i className="dot" />;
    default:
      return <i className="hollow" />;
  }
}
