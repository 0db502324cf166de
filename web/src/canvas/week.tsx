/** The week as a strip: a lane for each platform, a cell for each day. */
import { Icon } from "../ui/icons";
import { addDays, clock, span, weekday } from "./dates";
import { useOpen } from "./open";
import { platformIcon, PLATFORM_NAMES, PLATFORMS, stateOf, type Card } from "./cards";

const SLOT_CLASS = {
  planned: "next",
  writing: "live",
  checking: "live",
  failed: "fail",
  ready: "ready",
  approved: "done",
  unsaved: "next",
} as const;

/** Slots of the seven days from `week`. */
export function Week({ week, cards }: { week: string; cards: Card[] }) {
  const days = Array.from({ length: 7 }, (_, at) => addDays(week, at));
  const used = new Set(cards.map((card) => card.platform));
  const lanes = used.size > 0 ? PLATFORMS.filter((platform) => used.has(platform)) : PLATFORMS;
  return (
    <div className="week" role="group" aria-label={`Slots, ${span(week, addDays(week, 6), "long", true)}`}>
      <div className="day" />
      {days.map((day) => {
        const { name, number } = weekday(day);
        return (
          <div className="day" key={day}>
            {name} <b>{number}</b>
          </div>
        );
      })}
      {lanes.map((platform) => (
        <Lane key={platform} platform={platform} days={days} cards={cards.filter((card) => card.platform === platform)} />
      ))}
    </div>
  );
}

function Lane({ platform, days, cards }: { platform: Card["platform"]; days: string[]; cards: Card[] }) {
  return (
    <>
      <div className="lane">
        <Icon name={platformIcon(platform)} /> {PLATFORM_NAMES[platform]}
      </div>
      {days.map((day) => (
        <div className="cell" key={day}>
          {cards
            .filter((card) => card.at?.startsWith(day))
            .map((card) => (
              <SlotButton key={card.key} card={card} />
            ))}
        </div>
      ))}
    </>
  );
}

/** One slot; opens its card. */
export function SlotButton({ card }: { card: Card }) {
  const { open, opened } = useOpen();
  const state = stateOf(card);
  return (
    <button
      className={`slot ${SLOT_CLASS[state]}`}
      aria-current={opened === card.key ? true : undefined}
      onClick={() => open(card.key)}
      title={card.theme}
    >
      <span>
        {card.at ? clock(card.at) : ""} <SlotMark state={state} />
      </span>
      <b>{card.theme}</b>
    </button>
  );
}

function SlotMark({ state }: { state: ReturnType<typeof stateOf> }) {
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
