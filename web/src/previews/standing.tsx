/** How a card stands, at the right of its head. */
import { checksOf, failedChecks, stateOf, type Card } from "../canvas/cards";
import { Icon } from "../ui/icons";

/** Written, checked, ready or failed; said in words and shown by a mark. */
export function Standing({ card, edited }: { card: Card; edited: boolean }) {
  if (edited) return <span className="st">Not saved yet</span>;
  switch (stateOf(card)) {
    case "writing":
      return (
        <span className="st live">
          <i className="caret" /> Being written
        </span>
      );
    case "checking":
      return (
        <span className="st">
          <i className="turn" /> Being checked
        </span>
      );
    case "failed": {
      const count = failedChecks(checksOf(card)).length;
      return (
        <span className="st fail">
          <Icon name="alert" /> {count} {count === 1 ? "check" : "checks"} failed
        </span>
      );
    }
    case "approved":
      return (
        <span className="st done">
          <Icon name="check" /> Approved
        </span>
      );
    case "planned":
      return (
        <span className="st wait">
          <i className="hollow" /> Planned
        </span>
      );
    case "unsaved":
      return (
        <span className="st wait">
          <i className="hollow" /> Not saved
        </span>
      );
    case "ready":
      return (
        <span className="st ready">
          <i className="dot" /> Ready for you
        </span>
      );
  }
}
