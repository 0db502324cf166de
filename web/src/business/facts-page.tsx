/** What Marquee knows: the facts behind every sentence, changed in place. */
import { useEffect, useState } from "react";

import type { Business, Fact } from "../api/types";
import { localTime, shortDay } from "../canvas/dates";
import { useOpen } from "../canvas/open";
import { FactForm } from "./fact-form";
import { gapsOf, useFacts } from "./facts";
import { ProfileRows } from "./profile-rows";

/** Profile rows, fact rows, and what is unknown. The address may name a row, or one to be edited. */
export function FactsPage({ business }: { business: Business }) {
  const { fact: wanted } = useOpen();
  const [editing, open] = useState(toEdit(wanted));
  const [asked, setAsked] = useState(wanted);
  const facts = useFacts(business);
  if (wanted !== asked) {
    setAsked(wanted);
    open(toEdit(wanted));
  }

  useEffect(() => {
    if (wanted) document.getElementById(`fact-${wanted}`)?.scrollIntoView({ block: "center" });
  }, [wanted]);

  function setEditing(row: string | null) {
    facts.forget();
    open(row);
  }

  const done = (saved: Promise<boolean>) => void saved.then((good) => good && setEditing(null));
  const form = { saving: facts.saving, error: facts.error, onCancel: () => setEditing(null) };

  return (
    <div className="know">
      <h2>The facts behind every sentence</h2>
      <p>What is written for you is checked against this page and your own words. The rest is marked.</p>
      <dl>
        <ProfileRows
          business={business}
          wanted={wanted}
          editing={editing}
          form={form}
          onEdit={setEditing}
          onSave={(patch) => done(facts.profile(patch))}
        />
        {business.facts.map((fact) =>
          editing === `fact:${fact.id}` ? (
            <FactForm
              key={fact.id}
              {...form}
              name={fact.key}
              value={fact.value}
              onSave={(key, value) => done(facts.change(fact.id, key, value))}
              onRemove={() => done(facts.remove(fact.id))}
            />
          ) : (
            <div key={fact.id} id={`fact-${fact.id}`} className={wanted === fact.id ? "factrow wanted" : "factrow"}>
              <dt>{fact.key}</dt>
              <dd>{fact.value}</dd>
              <dd className="meta">
                {origin(fact)}{" "}
                <button className="link" aria-label={`Edit ${fact.key}`} onClick={() => setEditing(`fact:${fact.id}`)}>
                  Edit
                </button>
              </dd>
            </div>
          ),
        )}
        {gapsOf(business).map((gap) =>
          editing === `gap:${gap}` ? (
            <FactForm key={gap} {...form} name={gap} onSave={(key, value) => done(facts.add(key, value))} />
          ) : (
            <div key={gap} id={`fact-gap:${gap}`} className="factrow">
              <dt>{gap}</dt>
              <dd className="unknown">unknown</dd>
              <dd className="meta">
                not given yet{" "}
                <button className="link" aria-label={`Add ${gap}`} onClick={() => setEditing(`gap:${gap}`)}>
                  Add
                </button>
              </dd>
            </div>
          ),
        )}
        {editing === "new" && <FactForm {...form} onSave={(key, value) => done(facts.add(key, value))} />}
      </dl>
      {editing !== "new" && (
        <button className="btn add" onClick={() => setEditing("new")}>
          Add another fact
        </button>
      )}
    </div>
  );
}

/** `new`, `gap:Price` and `edit:postal_address` open a form; anything else names a row to be shown. */
function toEdit(wanted: string | undefined): string | null {
  return wanted && /^(new$|gap:|edit:)/.test(wanted) ? wanted : null;
}

function origin(fact: Fact): string {
  const who = fact.source === "owner" ? "you" : fact.source;
  return fact.updated_at ? `${who}, ${ago(new Date(fact.updated_at))}` : who;
}

function ago(date: Date): string {
  const days = Math.floor((Date.now() - date.getTime()) / 86_400_000);
  if (days < 1) return "today";
  if (days < 2) return "yesterday";
  return shortDay(localTime(date));
}
