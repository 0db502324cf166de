/** The month: every slot at its day, platform by its icon. */
import { Icon } from "../ui/icons";
import { addDays, clock, monday, weekday } from "./dates";
import { useOpen } from "./open";
import { platformIcon, PLATFORM_NAMES, stateOf, type Card } from "./cards";

/** The weeks that touch the month of `day`. */
export function Month({ day, cards }: { day: string; cards: Card[] }) {
  const month = day.slice(0, 7);
  const weeks: string[] = [];
  for (let week = monday(`${month}-01`); week.slice(0, 7) <= month; week = addDays(week, 7)) weeks.push(week);
  return (
    <div className="month" role="group" aria-label="Slots of the month">
      {Array.from({ length: 7 }, (_, at) => (
        <div className="day" key={at}>
          {weekday(addDays("2024-01-01", at)).name}
        </div>
      ))}
      {weeks.flatMap((week) =>
        Array.from({ length: 7 }, (_, at) => addDays(week, at)).map((date) => (
          <div key={date} className={date.startsWith(month) ? "date" : "date out"}>
            <b>{weekday(date).number}</b>
            {cards
              .filter((card) => card.at?.startsWith(date))
              .map((card) => (
                <MonthSlot key={card.key} card={card} />
              ))}
          </div>
        )),
      )}
    </div>
  );
}

function MonthSlot({ card }: { card: Card }) {
  const { open } = useOpen();
  return (
    <button className={`mini ${stateOf(card)}`} title={card.theme} onClick={() => open(card.key)}>
      <Icon name={platformIcon(card.platform)} />
      <span className="vh">{PLATFORM_NAMES[card.platform]}</span>
      <span className="num">{card.at ? clock(card.at) : ""}</span> <span className="theme">{card.theme}</span>
    </button>
  );
}
