/** The profile as rows of the facts page, each changed in its place. */
import type { CSSProperties } from "react";

import type { Business, ProfilePatch } from "../api/types";
import { FactForm } from "./fact-form";
import { COLORS, PROFILE, type ProfileLine } from "./profile";

interface Props {
  business: Business;
  wanted: string | undefined;
  editing: string | null;
  form: { saving: boolean; error: string | null; onCancel: () => void };
  onEdit: (row: string) => void;
  onSave: (patch: ProfilePatch) => void;
}

/** Everything a person can say about the business beside its facts. */
export function ProfileRows({ business, wanted, editing, form, onEdit, onSave }: Props) {
  return PROFILE.map((line) =>
    editing === `edit:${line.field}` ? (
      <FactForm
        key={line.field}
        {...form}
        fixed={line}
        value={line.typed(business)}
        onSave={(_, value) => onSave(line.patch(value, business))}
      />
    ) : (
      <Row
        key={line.field}
        line={line}
        value={line.shown(business)}
        note={line.note?.(business)}
        wanted={wanted === line.name}
        onEdit={() => onEdit(`edit:${line.field}`)}
      />
    ),
  );
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
      <dd className={value ? undefined : missing(field)}>
        {field === COLORS && value ? <Colors value={value} /> : value || none(field)}
        {note && <p className="hint faint">{note}</p>}
      </dd>
      <dd className="meta">
        {value ? "your profile" : none(field) === "unknown" && "not given yet"}{" "}
        <button className="link" aria-label={`${value ? "Edit" : "Add"} ${label}`} onClick={onEdit}>
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
