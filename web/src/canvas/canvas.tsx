/** The canvas: the campaign's week or month, and its drafts as the platforms show them. */
import { useState } from "react";

import { sentenceOf } from "../api/problems";
import { useThread } from "../copilot/thread";
import { Icon } from "../ui/icons";
import { Trouble } from "../ui/trouble";
import { addDays, addMonths, monday, monthName, span, weeksBetween, yearBeside, zoneLabel } from "./dates";
import { Month } from "./month";
import { useOpen } from "./open";
import { plannedFrom, type Card } from "./cards";
import { Posts } from "./posts";
import type { Cards } from "./use-cards";
import { Week } from "./week";

/** The calendar as soon as it is planned, and below it what is in view. */
export function Canvas({ state }: { state: Cards }) {
  const { cards, weeks, error } = state;
  const { running } = useThread();
  const [first, last] = [weeks[0], weeks.at(-1)];
  const begun = cards.some((card) => card.at) || (running && cards.length === 0);
  return (
    <>
      {error !== null && error !== undefined && <Trouble>{sentenceOf(error)}</Trouble>}
      {begun && first && last ? (
        <Calendar state={state} first={first} last={last} />
      ) : (
        <>
          <Undated state={state} />
          <Posts cards={cards} year={null} single={false} />
        </>
      )}
    </>
  );
}

/** One line in the calendar's place. */
function Undated({ state }: { state: Cards }) {
  const { running } = useThread();
  if (state.error) return null;
  if (state.loading) return <p className="undated late">Reading the calendar.</p>;
  if (state.cards.length > 0) return <p className="undated">Nothing here has a date yet.</p>;
  return <p className="undated">{running ? "The calendar appears here as it is planned." : "Nothing is planned yet."}</p>;
}

/** Follows what is planned or written until the person turns to another week. */
function Calendar({ state, first, last }: { state: Cards; first: string; last: string }) {
  const { cards, zone, campaign } = state;
  const { opened } = useOpen();
  const { running, messages, live } = useThread();
  const [view, setView] = useState<"week" | "month">("week");
  const [turned, setTurned] = useState<{ week: string; opened: string | undefined } | null>(null);
  const planned = plannedFrom(messages.at(-1)?.artefacts ?? [], live, campaign?.start_date ?? null);
  const followed = weekInView(cards, opened, planned, running);
  const [before, setBefore] = useState(followed);
  if (followed && followed !== before) setBefore(followed);
  const chosen = turned && turned.opened === opened ? turned.week : null;
  const within = (week: string) => (week < first ? first : week > last ? last : week);
  const week = within(chosen ?? followed ?? before ?? first);
  const end = addDays(week, 6);
  const month = monthOf(week);
  const weekly = view === "week";
  const turn = (by: 1 | -1) => {
    const to = weekly ? addDays(week, 7 * by) : within(monday(`${addMonths(month, by)}-04`));
    setTurned({ week: to, opened });
  };
  const inWeek = cards.filter((card) => (card.at ? monday(card.at.slice(0, 10)) === week : true));
  const [monthFrom, monthTo] = [monday(`${month}-01`), addDays(`${addMonths(month, 1)}-01`, -1)];
  const inMonth = cards.filter((card) => {
    const shown = card.at && monday(card.at.slice(0, 10));
    return !shown || (shown >= monthFrom && shown <= monthTo);
  });
  const later = laterCards(cards, end, FULL - inWeek.filter(isWritten).length);
  const year = Number(end.slice(0, 4));

  return (
    <>
      <div className="bar">
        {weekly ? (
          <>
            <h2>Week {weeksBetween(first, week) + 1}</h2>
            <span className="dim num">{span(week, end, "long", yearBeside(week) || yearBeside(end))}</span>
          </>
        ) : (
          <h2>{monthName(`${month}-01`)}</h2>
        )}
        <button
          className="ib"
          aria-label={`Previous ${view}`}
          disabled={weekly ? week <= first : month <= monthOf(first)}
          onClick={() => turn(-1)}
        >
          <Icon name="chev-l" />
        </button>
        <button
          className="ib"
          aria-label={`Next ${view}`}
          disabled={weekly ? week >= last : month >= monthOf(last)}
          onClick={() => turn(1)}
        >
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
      {weekly ? <Week week={week} cards={withLanes(cards, week)} /> : <Month day={`${month}-01`} cards={cards} />}
      <Posts cards={weekly ? inWeek : inMonth} year={weekly ? null : Number(month.slice(0, 4))} single={false} />
      {weekly && later.length > 0 && (
        <>
          <h2 className="later">Later</h2>
          <Posts cards={later} year={year} single={false} />
        </>
      )}
    </>
  );
}

const FULL = 4;

/** The month in which most of the week lies. */
function monthOf(week: string): string {
  return addDays(week, 3).slice(0, 7);
}

/** A thin week shows the next written drafts too. */
function laterCards(cards: Card[], after: string, count: number): Card[] {
  const next = cards.filter((card) => card.at && card.at.slice(0, 10) > after && isWritten(card));
  return next.slice(0, Math.max(0, count));
}

function isWritten(card: Card): boolean {
  return card.content !== null || card.artefact !== null;
}

/** The week of the opened draft, else the first that was planned, else of the first being written or written. */
function weekInView(cards: Card[], opened: string | undefined, planned: string | null, running: boolean): string | null {
  const at =
    cards.find((each) => each.key === opened)?.at ??
    planned ??
    cards.find((each) => each.at && each.artefact && (!running || each.artefact.stage !== "done"))?.at;
  return at ? monday(at.slice(0, 10)) : null;
}

/** Lanes stay the same in every week of the campaign. */
function withLanes(cards: Card[], week: string): Card[] {
  const within = (card: Card) => card.at && monday(card.at.slice(0, 10)) === week;
  return cards.map((card) => (within(card) ? card : { ...card, at: null }));
}
