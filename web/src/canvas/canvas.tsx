/** The canvas: the campaign's week or month, and its pieces as the platforms show them. */
import { useState } from "react";

import { sentenceOf } from "../api/problems";
import { useThread } from "../copilot/thread";
import { Icon } from "../ui/icons";
import { Trouble } from "../ui/trouble";
import { addDays, monday, monthName, span, weeksBetween, zoneLabel } from "./dates";
import { Month } from "./month";
import { useOpen } from "./open";
import type { Card } from "./pieces";
import { Posts } from "./posts";
import type { Cards } from "./use-cards";
import { Week } from "./week";

/** Follows what is written until the person turns to another week. */
export function Canvas({ state }: { state: Cards }) {
  const { cards, weeks, zone, error } = state;
  const { opened } = useOpen();
  const [view, setView] = useState<"week" | "month">("week");
  const [turned, setTurned] = useState<{ week: string; opened: string | undefined } | null>(null);
  const first = weeks[0] ?? monday(new Date().toISOString().slice(0, 10));
  const { running } = useThread();
  const followed = weekInView(cards, opened, running);
  const [before, setBefore] = useState(followed);
  if (followed && followed !== before) setBefore(followed);
  const chosen = turned && turned.opened === opened ? turned.week : null;
  const week = chosen ?? followed ?? before ?? first;
  const turn = (to: string) => setTurned({ week: to, opened });
  const end = addDays(week, 6);
  const inWeek = cards.filter((card) => (card.at ? monday(card.at.slice(0, 10)) === week : true));
  const month = addDays(week, 3).slice(0, 7);
  const inMonth = cards.filter((card) => !card.at || card.at.startsWith(month));
  const last = weeks.at(-1) ?? first;
  const later = laterCards(cards, end, FULL - inWeek.filter(isWritten).length);

  return (
    <>
      <div className="bar">
        {view === "week" ? (
          <>
            <h2>Week {weeksBetween(first, week) + 1}</h2>
            <span className="dim num">{span(week, end)}</span>
          </>
        ) : (
          <h2>{monthName(`${month}-01`)}</h2>
        )}
        <button className="ib" aria-label="Previous week" disabled={week <= first} onClick={() => turn(addDays(week, -7))}>
          <Icon name="chev-l" />
        </button>
        <button className="ib" aria-label="Next week" disabled={week >= last} onClick={() => turn(addDays(week, 7))}>
          <Icon name="chev-r" />
        </button>
        <span className="faint end zone">{zoneLabel(zone, `${week}T12:00`)}</span>
        <div className="seg" role="radiogroup" aria-label="View">
          {(["week", "month"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name="view" checked={view === each} onChange={() => setView(each)} />
              {each === "week" ? "Week" : "Month"}
            </label>
          ))}
        </div>
      </div>
      {error !== null && error !== undefined && <Trouble>{sentenceOf(error)}</Trouble>}
      {view === "week" ? <Week week={week} cards={withLanes(cards, week)} /> : <Month day={`${month}-01`} cards={cards} />}
      <Posts cards={view === "week" ? inWeek : inMonth} fullDate={view === "month"} single={false} />
      {view === "week" && later.length > 0 && (
        <>
          <h2 className="later">Later</h2>
          <Posts cards={later} fullDate single={false} />
        </>
      )}
    </>
  );
}

const FULL = 4;

/** A thin week shows the next written pieces too. */
function laterCards(cards: Card[], after: string, count: number): Card[] {
  const next = cards.filter((card) => card.at && card.at.slice(0, 10) > after && isWritten(card));
  return next.slice(0, Math.max(0, count));
}

function isWritten(card: Card): boolean {
  return card.content !== null || card.piece !== null;
}

/** The week of the opened piece, else of the first being written, and in the end of the first written. */
function weekInView(cards: Card[], opened: string | undefined, running: boolean): string | null {
  const card =
    cards.find((each) => each.key === opened && each.at) ??
    cards.find((each) => each.at && each.piece && (!running || each.piece.stage !== "done"));
  return card?.at ? monday(card.at.slice(0, 10)) : null;
}

/** Lanes stay the same in every week of the campaign. */
function withLanes(cards: Card[], week: string): Card[] {
  const within = (card: Card) => card.at && monday(card.at.slice(0, 10)) === week;
  return cards.map((card) => (within(card) ? card : { ...card, at: null }));
}
