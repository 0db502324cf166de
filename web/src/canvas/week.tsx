/** The week as a table: a row for each platform, a column for each day. */
import { Icon } from "../ui/icons";
import { platformIcon, PLATFORM_NAMES, PLATFORMS, type Card } from "./cards";
import { addDays, span, weekday } from "./dates";
import { WeekSlot } from "./slot";

/** Slots of the seven days from `week`. */
export function Week({ week, cards }: { week: string; cards: Card[] }) {
  const days = Array.from({ length: 7 }, (_, at) => addDays(week, at));
  const used = new Set(cards.map((card) => card.platform));
  const lanes = used.size > 0 ? PLATFORMS.filter((platform) => used.has(platform)) : PLATFORMS;
  return (
    <table className="week" aria-label={`Calendar, ${span(week, addDays(week, 6), "long", true)}`}>
      <thead>
        <tr>
          <td />
          {days.map((day) => {
            const { name, number } = weekday(day);
            return (
              <th scope="col" key={day}>
                {name} <b>{number}</b>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {lanes.map((platform) => (
          <tr key={platform}>
            <th scope="row">
              <Icon name={platformIcon(platform)} /> <span>{PLATFORM_NAMES[platform]}</span>
            </th>
            {days.map((day) => (
              <td key={day}>
                {cards
                  .filter((card) => card.platform === platform && card.at?.startsWith(day))
                  .map((card) => (
                    <WeekSlot key={card.key} card={card} />
                  ))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
