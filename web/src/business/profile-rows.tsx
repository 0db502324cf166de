/** The profile as rows of the facts page, each changed in its place. */
import type { CSSProperties } from "react";

import type { Business } from "../api/types";
import { FactRow } from "./fact-row";
import { COLORS, PROFILE, type ProfileLine } from "./profile";

/** Everything a person can say about the business beside its facts. */
export function ProfileRows({ business, wanted }: { business: Business; wanted: string | undefined }) {
  return PROFILE.map((line) => (
    <FactRow
      key={line.name}
      business={business}
      name={line.name}
      text={{ key: line.label, value: line.typed(business) }}
      fixed={line}
      save={(facts, { value }) => facts.profile(line.patch(value, business))}
    >
      {(edit) => (
        <Row
          line={line}
          value={line.shown(business)}
          note={line.note?.(business)}
          wanted={wanted === line.name}
          onEdit={edit}
        />
      )}
    </FactRow>
  ));
}

interface RowProps {
  line: ProfileLine;
  value: string;
  note: string | undefined;
  wanted: boolean;
  onEdit: () => void;
}

function Row({ line, value, note, wanted, onEdit }: RowProps) {
  const { name, field, label } = line;
  return (
    <div id={`fact-${name}`} className={wanted ? "factrow wanted" : "factrow"}>
      <dt>{label}</dt>
      <dd className={value ? undefined : missing(field)} dir={value ? "auto" : undefined}>
        {field === COLORS && value ? <Colors value={value} /> : value || none(field)}
        {note && <p className="hint faint">{note}</p>}
      </dd>
      <dd className="meta">
        {value ? "your profile" : none(field) === "unknown" && "not given yet"}{" "}
        <button className="link" data-edit aria-label={`${value ? "Edit" : "Add"} ${label}`} onClick={onEdit}>
          {value ? "Edit" : "Add"}
        </button>
      </dd>
    </div>
  );
}

/** Nothing forbidden is an answer; anything else that is empty is a gap. */
function none(field: string): string {
  return field === "banned_words" ? "none" : "unknown";
}

function missing(field: string): string {
  return field === "banned_words" ? "dim" : "unknown";
}

function Colors({ value }: { value: string }) {
  return value.split(", ").map((color) => (
    <span key={color} className="swatch" style={{ "--c": color } as CSSProperties}>
      <i />
      {color}
    </span>
  ));
}
