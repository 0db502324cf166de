/** What Marquee knows: the facts behind every sentence, changed in place. */
import { useEffect, useState, type CSSProperties } from "react";

import type { Business, Fact } from "../api/types";
import { useOpen } from "../canvas/open";
import { Trouble } from "../ui/trouble";
import { FactForm } from "./fact-form";
import { gapsOf, useFacts } from "./facts";

type Editing = { id: string } | { gap: string } | "new" | null;

/** Profile rows, fact rows, and what is unknown. */
export function FactsPage({ business }: { business: Business }) {
  const { fact: wanted } = useOpen();
  const [editing, setEditing] = useState<Editing>(wanted === "new" ? "new" : null);
  const [asked, setAsked] = useState(wanted);
  const facts = useFacts(business);
  if (wanted !== asked) {
    setAsked(wanted);
    const gap = wanted?.startsWith("gap:") ? { gap: wanted.slice(4) } : null;
    setEditing(wanted === "new" ? "new" : gap);
  }

  useEffect(() => {
    if (wanted) document.getElementById(`fact-${wanted}`)?.scrollIntoView({ block: "center" });
  }, [wanted]);

  const done = (saved: Promise<boolean>) => void saved.then((good) => good && setEditing(null));
  const cancel = () => setEditing(null);

  return (
    <div className="know">
      <h2>The facts behind every sentence</h2>
      <p>Everything written for you is checked against this page. What is not here is not claimed.</p>
      {facts.error && <Trouble>{facts.error}</Trouble>}
      <dl>
        <Profile business={business} wanted={wanted} />
        {business.facts.map((fact) =>
          isEditing(editing, fact.id) ? (
            <FactForm
              key={fact.id}
              fact={fact}
              saving={facts.saving}
              onSave={(key, value) => done(facts.change(fact.id, key, value))}
              onCancel={cancel}
              onRemove={() => done(facts.remove(fact.id))}
            />
          ) : (
            <div key={fact.id} id={`fact-${fact.id}`} className={wanted === fact.id ? "factrow wanted" : "factrow"}>
              <dt>{fact.key}</dt>
              <dd>{fact.value}</dd>
              <dd className="meta">
                {origin(fact)}{" "}
                <button className="link" aria-label={`Edit ${fact.key}`} onClick={() => setEditing({ id: fact.id })}>
                  Edit
                </button>
              </dd>
            </div>
          ),
        )}
        {gapsOf(business).map((gap) =>
          editing !== null && typeof editing === "object" && "gap" in editing && editing.gap === gap ? (
            <FactForm
              key={gap}
              name={gap}
              saving={facts.saving}
              onSave={(key, value) => done(facts.add(key, value))}
              onCancel={cancel}
            />
          ) : (
            <div key={gap} className="factrow">
              <dt>{gap}</dt>
              <dd className="unknown">unknown</dd>
              <dd className="meta">
                not given yet{" "}
                <button className="link" aria-label={`Add ${gap}`} onClick={() => setEditing({ gap })}>
                  Add
                </button>
              </dd>
            </div>
          ),
        )}
        {editing === "new" && (
          <FactForm saving={facts.saving} onSave={(key, value) => done(facts.add(key, value))} onCancel={cancel} />
        )}
      </dl>
      {editing !== "new" && (
        <button className="btn add" onClick={() => setEditing("new")}>
          Add another fact
        </button>
      )}
    </div>
  );
}

function isEditing(editing: Editing, id: string): boolean {
  return editing !== null && typeof editing === "object" && "id" in editing && editing.id === id;
}

function Profile({ business, wanted }: { business: Business; wanted: string | undefined }) {
  const audience = business.target_audience
    .map(({ segment_name, age_range }) => [segment_name, age_range.replace("-", "–")].filter(Boolean).join(", "))
    .join("; ");
  const colors = business.brand_assets.brand_colors;
  return (
    <>
      <Row name="voice" label="Voice" value={business.brand_voice} wanted={wanted} />
      <Row name="industry" label="What you do" value={business.industry} wanted={wanted} />
      <Row name="segment" label="Audience" value={audience} wanted={wanted} />
      <Row name="goals" label="Goals" value={business.primary_goals.join(", ")} wanted={wanted} />
      {colors.length > 0 && (
        <div className="factrow">
          <dt>Colours</dt>
          <dd>
            {colors.map((color) => (
              <span key={color} className="swatch" style={{ "--c": color } as CSSProperties}>
                <i />
                {color}
              </span>
            ))}
          </dd>
          <dd className="meta" />
        </div>
      )}
      <Row name="zone" label="Time zone" value={business.timezone} wanted={wanted} />
    </>
  );
}

function Row({ name, label, value, wanted }: { name: string; label: string; value: string; wanted: string | undefined }) {
  return (
    <div id={`fact-${name}`} className={wanted === name ? "factrow wanted" : "factrow"}>
      <dt>{label}</dt>
      <dd className={value ? undefined : "unknown"}>{value || "unknown"}</dd>
      <dd className="meta">{value ? "your profile" : "not given yet"}</dd>
    </div>
  );
}

function origin(fact: Fact): string {
  const who = fact.source === "owner" ? "you" : fact.source;
  return fact.updated_at ? `${who}, ${ago(new Date(fact.updated_at))}` : who;
}

function ago(date: Date): string {
  const days = Math.floor((Date.now() - date.getTime()) / 86_400_000);
  if (days < 1) return "today";
  if (days < 2) return "yesterday";
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}
