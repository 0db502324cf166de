/** The profile as rows of the facts page; what is one line can be changed there. */
import type { CSSProperties } from "react";

import type { Business } from "../api/types";
import { FactForm } from "./fact-form";
import type { ProfileField } from "./facts";

interface Props {
  business: Business;
  wanted: string | undefined;
  editing: string | null;
  form: { saving: boolean; onCancel: () => void };
  onEdit: (row: string) => void;
  onSave: (field: ProfileField, value: string) => void;
}

interface RowProps extends Props {
  /** The name by which source chips open the row. */
  name: string;
  label: string;
  value: string;
  field?: ProfileField;
}

/** Voice, trade, audience, goals, address, colours, zone. */
export function ProfileRows(props: Props) {
  const { business } = props;
  const audience = business.target_audience
    .map(({ segment_name, age_range }) => [segment_name, age_range.replace("-", "–")].filter(Boolean).join(", "))
    .join("; ");
  return (
    <>
      <Row {...props} name="voice" label="Voice" value={business.brand_voice} field="brand_voice" />
      <Row {...props} name="industry" label="What you do" value={business.industry} field="industry" />
      <Row {...props} name="segment" label="Audience" value={audience} />
      <Row {...props} name="goals" label="Goals" value={business.primary_goals.join(", ")} />
      <Row {...props} name="address" label="Postal address" value={business.postal_address} field="postal_address" />
      <Colors colors={business.brand_assets.brand_colors} />
      <Row {...props} name="zone" label="Time zone" value={business.timezone} />
    </>
  );
}

function Row({ name, label, value, field, wanted, editing, form, onEdit, onSave }: RowProps) {
  if (field && editing === `edit:${field}`) {
    return <FactForm {...form} fixed={label} value={value} onSave={(_, text) => onSave(field, text)} />;
  }
  return (
    <div id={`fact-${name}`} className={wanted === name ? "factrow wanted" : "factrow"}>
      <dt>{label}</dt>
      <dd className={value ? undefined : "unknown"}>{value || "unknown"}</dd>
      <dd className="meta">
        {value ? "your profile" : "not given yet"}{" "}
        {field && (
          <button
            className="link"
            aria-label={`${value ? "Edit" : "Add"} ${label}`}
            onClick={() => onEdit(`edit:${field}`)}
          >
            {value ? "Edit" : "Add"}
          </button>
        )}
      </dd>
    </div>
  );
}

function Colors({ colors }: { colors: string[] }) {
  if (colors.length === 0) return null;
  return (
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
      <dd className="meta">your profile</dd>
    </div>
  );
}
