/** The month as a table: every slot at its day, platform by its icon. */
import { type Card } from "./cards";
import { addDays, monday, monthName, weekday } from "./dates";
import { MonthSlot } from "./slot";

/** The weeks that touch the month of `day`. */
export function Month({ day, cards }: { day: string; cards: Card[] }) {
  const month = day.slice(0, 7);
  const weeks: string[] = [];
  for (let week = monday(`${month}-01`); week.slice(0, 7) <= month; week = addDays(week, 7)) weeks.push(week);
  return (
    <table className="month" aria-label={`Calendar, ${monthName(day)}`}>
      <thead>
        <tr>
          {Array.from({ length: 7 }, (_, at) => (
            <th scope="col" key={at}>
              {weekday(addDays("2024-01-01", at)).name}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {weeks.map((week) => (
          <tr key={week}>
            {Array.from({ length: 7 }, (_, at) => addDays(week, at)).map((date) => (
              <td key={date} className={date.startsWith(month) ? "date" : "date out"}>
                <b>{weekday(date).number}</b>
                {cards
                  .filter((card) => card.at?.startsWith(date))
                  .map((card) => (
                    <MonthSlot key={card.key} card={card} />
                  ))}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
