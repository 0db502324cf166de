/** The canvas: the campaign's week, month or list, and its drafts as the platforms show them. */
import { useState } from "react";

import { sentenceOf } from "../api/problems";
import { useThread } from "../copilot/thread";
import { Icon } from "../ui/icons";
import { Trouble } from "../ui/trouble";
import { Agenda } from "./agenda";
import { isWritten, plannedFrom, type Card } from "./cards";
import { addDays, addMonths, monday, monthName, span, weeksBetween, yearBeside, zoneLabel } from "./dates";
import { Month } from "./month";
import { useOpen, useShown } from "./open";
import { Posts } from "./posts";
import type { Cards } from "./use-cards";
import { Week } from "./week";

type View = "week" | "month" | "list";

/** The calendar as soon as it is planned, and below it what is in view. */
export function Canvas({ state }: { state: Cards }) {
  const { cards, weeks, error } = state;
  const { running } = useThread();
  const { show } = useOpen();
  const [chosen, setChosen] = useState<"week" | "month">("week");
  const [first, last] = [weeks[0], weeks.at(-1)];
  const begun = cards.some((card) => card.at) || (running && cards.length === 0);
  const dated = begun && first !== undefined && last !== undefined;
  if (error !== null && error !== undefined) return <Trouble>{sentenceOf(error)}</Trouble>;
  if (show === "calendar" && cards.length > 0) return <List cards={cards} dated={dated} onChoose={setChosen} />;
  if (dated) return <Calendar state={state} first={first} last={last} view={chosen} onChoose={setChosen} />;
  return (
    <>
      <Undated state={state} />
      <Posts cards={cards} year={null} />
    </>
  );
}

/** One line in the calendar's place. */
function Undated({ state }: { state: Cards }) {
  const { running } = useThread();
  if (state.loading) return <p className="undated late">Reading the calendar.</p>;
  if (state.cards.length > 0) return <p className="undated">Nothing here has a date yet.</p>;
  return <p className="undated">{running ? "The calendar appears here as it is planned." : "Nothing is planned yet."}</p>;
}

interface ListProps {
  cards: Card[];
  /** There is a week to go back to. */
  dated: boolean;
  onChoose: (view: "week" | "month") => void;
}

/** Everything in the order of its time. */
function List({ cards, dated, onChoose }: ListProps) {
  const { closeAll } = useOpen();
  const heading = useShown<HTMLHeadingElement>(true);
  return (
    <>
      <div className="bar">
        <h2 ref={heading} tabIndex={-1}>
          {cards.length} {cards.length === 1 ? "post" : "posts"}
        </h2>
        <span className="dim">{cards.filter(isWritten).length} written</span>
        {dated ? (
          <span className="end">
            <Views view="list" onChoose={onChoose} />
          </span>
        ) : (
          <button className="btn small end" onClick={closeAll}>
            Back to the drafts
          </button>
        )}
      </div>
      <Agenda cards={cards} unfolds />
    </>
  );
}

/** Week, month or list. */
function Views({ view, onChoose }: { view: View; onChoose: ListProps["onChoose"] }) {
  const { openAll, closeAll } = useOpen();
  const names: [View, string][] = [
    ["week", "Week"],
    ["month", "Month"],
    ["list", "List"],
  ];
  const choose = (next: View) => {
    if (next === "list") openAll();
    else onChoose(next);
    if (view === "list") closeAll();
  };
  return (
    <div className="seg" role="radiogroup" aria-label="View">
      {names.map(([each, name]) => (
        <label key={each}>
          <input type="radio" name="view" checked={view === each} onChange={() => choose(each)} />
          {name}
        </label>
      ))}
    </div>
  );
}

interface CalendarProps {
  state: Cards;
  first: string;
  last: string;
  view: "week" | "month";
  onChoose: ListProps["onChoose"];
}

/** Follows what is planned or written until the person turns to another week. */
function Calendar({ state, first, last, view, onChoose }: CalendarProps) {
  const { cards, zone, campaign } = state;
  const { opened } = useOpen();
  const { running, messages, live } = useThread();
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
        <Views view={view} onChoose={onChoose} />
      </div>
      {weekly ? <WeekView week={week} end={end} cards={cards} /> : <MonthView month={month} cards={cards} />}
    </>
  );
}

/** The week and its cards; a thin week shows the next drafts too. */
function WeekView({ week, end, cards }: { week: string; end: string; cards: Card[] }) {
  const inWeek = cards.filter((card) => (card.at ? monday(card.at.slice(0, 10)) === week : true));
  const later = cards.filter((card) => card.at && card.at.slice(0, 10) > end && isWritten(card));
  return (
    <>
      <Week week={week} cards={cards} />
      <Posts cards={inWeek} later={{ cards: later, year: Number(end.slice(0, 4)) }} year={null} />
    </>
  );
}

/** The month, and right below it the cards of the day that was opened. */
function MonthView({ month, cards }: { month: string; cards: Card[] }) {
  const { opened } = useOpen();
  const day = cards.find((card) => card.key === opened)?.at?.slice(0, 10);
  const shown = day?.startsWith(month) ? cards.filter((card) => card.at?.startsWith(day)) : [];
  return (
    <>
      <Month day={`${month}-01`} cards={cards} />
      {shown.length > 0 ? (
        <Posts cards={shown} year={Number(month.slice(0, 4))} />
      ) : (
        <p className="undated">Choose an entry to read it here.</p>
      )}
    </>
  );
}

/** The month in which most of the week lies. */
function monthOf(week: string): string {
  return addDays(week, 3).slice(0, 7);
}

/** The week of the opened draft, else the first that was planned, else of the first being written or written. */
function weekInView(cards: Card[], opened: string | undefined, planned: string | null, running: boolean): string | null {
  const at =
    cards.find((each) => each.key === opened)?.at ??
    planned ??
    cards.find((each) => each.at && each.artefact && (!running || each.artefact.stage !== "done"))?.at;
  return at ? monday(at.slice(0, 10)) : null;
}
