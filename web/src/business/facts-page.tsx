/** What Marquee knows: the facts behind every sentence, changed in place, and what it remembers. */
import { useEffect, useRef } from "react";

import type { Business, Fact } from "../api/types";
import { ago } from "../canvas/dates";
import { useOpen, useShown } from "../canvas/open";
import { FactRow } from "./fact-row";
import { exampleOf, gapsOf } from "./facts";
import { ProfileRows } from "./profile-rows";
import { Remembered } from "./remembered";

/** Profile rows, fact rows, and what is unknown. The address may name a row to be shown, or one to be edited. */
export function FactsPage({ business }: { business: Business }) {
  const { fact: wanted } = useOpen();
  const next = useRef<string | null>(null);
  const heading = useShown<HTMLHeadingElement>(true);

  useEffect(() => {
    const row = wanted && document.getElementById(`fact-${wanted}`);
    if (!row) return;
    row.scrollIntoView({ block: "center" });
    row.querySelector<HTMLElement>("[data-edit]")?.focus({ preventScroll: true });
  }, [wanted]);

  // A row that was added or removed leaves the focus to another one, once that is there.
  useEffect(() => {
    const row = next.current && document.getElementById(`fact-${next.current}`);
    if (!row) return;
    next.current = null;
    row.querySelector<HTMLElement>("[data-edit]")?.focus();
  });
  const focusNext = (row: string) => {
    next.current = row;
  };

  return (
    <div className="know">
      <h2 ref={heading} tabIndex={-1}>
        The facts behind every sentence
      </h2>
      <p>What is written for you is checked against this page and your own words. The rest is marked.</p>
      <dl>
        <ProfileRows business={business} wanted={wanted} />
        {business.facts.map((fact) => (
          <FactRow
            key={fact.id}
            business={business}
            name={fact.id}
            text={{ key: fact.key, value: fact.value }}
            fact={fact}
            save={(facts, { key, value }) => facts.change(fact.id, key, value)}
            onRemoved={() => focusNext("new")}
          >
            {(edit) => (
              <div id={`fact-${fact.id}`} className={wanted === fact.id ? "factrow wanted" : "factrow"}>
                <dt dir="auto">{fact.key}</dt>
                <dd dir="auto">{fact.value}</dd>
                <dd className="meta">
                  {origin(fact)}{" "}
                  <button className="link" data-edit aria-label={`Edit ${fact.key}`} onClick={edit}>
                    Edit
                  </button>
                </dd>
              </div>
            )}
          </FactRow>
        ))}
        {gapsOf(business).map((gap) => (
          <FactRow
            key={gap}
            business={business}
            name={gap}
            text={{ key: gap, value: "" }}
            example={exampleOf(gap)}
            save={(facts, { key, value }) => facts.add(key, value)}
            onAdded={focusNext}
          >
            {(edit) => (
              <div id={`fact-${gap}`} className="factrow">
                <dt>{gap}</dt>
                <dd className="unknown">unknown</dd>
                <dd className="meta">
                  not given yet{" "}
                  <button className="link" data-edit aria-label={`Add ${gap}`} onClick={edit}>
                    Add
                  </button>
                </dd>
              </div>
            )}
          </FactRow>
        ))}
        <FactRow
          business={business}
          name="new"
          text={{ key: "", value: "" }}
          save={(facts, { key, value }) => facts.add(key, value)}
          onAdded={focusNext}
        >
          {(edit) => (
            <div id="fact-new">
              <dt className="vh">Another fact</dt>
              <dd>
                <button className="btn add" data-edit onClick={edit}>
                  Add another fact
                </button>
              </dd>
            </div>
          )}
        </FactRow>
      </dl>
      <Remembered business={business} />
    </div>
  );
}

function origin(fact: Fact): string {
  const who = fact.source === "owner" ? "you" : fact.source;
  return fact.updated_at ? `${who}, ${ago(new Date(fact.updated_at))}` : who;
}
