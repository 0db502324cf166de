/** An entry of the calendar: a button that opens its card. */
import { editPlace } from "../previews/words";
import { isChanged, useEdit } from "../session/kept";
import { Icon } from "../ui/icons";
import { platformIcon, PLATFORM_NAMES, stateName, stateOf, type Card, type CardState } from "./cards";
import { clock, when } from "./dates";
import { useOpen } from "./open";

const CLASSES: Record<CardState, string> = {
  planned: "next",
  writing: "live",
  checking: "live",
  failed: "fail",
  ready: "ready",
  approved: "done",
  unsaved: "next",
};

/** What both sizes of a slot are: its name says day, channel and state, which the eye takes from place and colour. */
function useSlot(card: Card) {
  const { open, opened } = useOpen();
  const [edit] = useEdit(editPlace(card));
  const edited = edit !== null && isChanged(edit);
  const [day] = card.at ? when(card.at).split(", ") : [];
  const time = card.at ? clock(card.at) : "";
  const standing = edited ? "Not saved yet" : stateName(card);
  return {
    edited,
    time,
    button: {
      title: card.theme,
      "aria-label": `${day}, ${time} ${card.theme}, ${PLATFORM_NAMES[card.platform]}, ${standing}`,
      "aria-current": opened === card.key ? true : undefined,
      onClick: () => open(card.key),
    },
  };
}

/** In a week: time, state and theme. */
export function WeekSlot({ card }: { card: Card }) {
  const { edited, time, button } = useSlot(card);
  return (
    <button className={`slot ${CLASSES[stateOf(card)]}`} {...button}>
      <span>
        {time} {edited ? <Icon name="compose" /> : <SlotMark state={stateOf(card)} />}
      </span>
      <b dir="auto">{card.theme}</b>
    </button>
  );
}

/** In a month: one line with the platform's icon. */
export function MonthSlot({ card }: { card: Card }) {
  const { edited, time, button } = useSlot(card);
  return (
    <button className={`mini ${stateOf(card)}`} {...button}>
      <Icon name={edited ? "compose" : platformIcon(card.platform)} />
      <span className="num">{time}</span>{" "}
      <span className="theme" dir="auto">
        {card.theme}
      </span>
    </button>
  );
}

function SlotMark({ state }: { state: CardState }) {
  switch (state) {
    case "writing":
      return <i className="caret" />;
    case "checking":
      return <i className="turn" />;
    case "failed":
      return <Icon name="alert" />;
    case "ready":
      return <i className="dot" />;
    case "approved":
      return <Icon name="check" />;
    default:
      return null;
  }
}
