/** One fact while it is added or changed. */
import { useId, type ChangeEvent, type KeyboardEvent, type SyntheticEvent } from "react";

import { Trouble } from "../ui/trouble";
import { languageName, languageTags } from "./languages";
import type { Control, ProfileLine } from "./profile";

/** What is typed: the fact's name and what it says. */
export interface FactText {
  key: string;
  value: string;
}

interface Props {
  /** The id of the row. */
  row: string;
  text: FactText;
  /** The line of the profile, whose name stays as it is. */
  fixed?: ProfileLine | undefined;
  /** What could be typed. */
  example?: string | undefined;
  saving: boolean;
  /** Why the last save was refused. */
  error: string | null;
  onType: (text: FactText) => void;
  onSave: () => void;
  onCancel: () => void;
  onRemove?: (() => void) | undefined;
}

/** Name and value in the row's own columns; Escape leaves it. */
export function FactForm({ row, text, fixed, example, saving, error, onType, onSave, onCancel, onRemove }: Props) {
  const id = useId();

  function submit(event: SyntheticEvent) {
    event.preventDefault();
    onSave();
  }

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
    event.preventDefault();
    onCancel();
  }

  return (
    <div className="factrow editing" id={row} onKeyDown={leave}>
      <dt>
        {fixed?.label ?? (
          <>
            <label className="vh" htmlFor={`${id}-key`}>
              Name of the fact
            </label>
            <input
              id={`${id}-key`}
              form={id}
              dir="auto"
              required
              maxLength={200}
              value={text.key}
              placeholder="Event"
              onChange={(event) => onType({ ...text, key: event.target.value })}
            />
          </>
        )}
      </dt>
      <dd>
        <label className="vh" htmlFor={`${id}-value`}>
          {fixed?.label ?? "The fact"}
        </label>
        <Value
          id={`${id}-value`}
          form={id}
          required={fixed ? (fixed.required ?? false) : true}
          placeholder={fixed?.label ?? example ?? "Open house, Saturday 6 March, 10:00 to 14:00"}
          aria-describedby={fixed?.hint || error ? `${id}-note` : undefined}
          aria-invalid={error ? true : undefined}
          control={fixed?.control ?? "line"}
          value={text.value}
          maxLength={fixed ? 2000 : 500}
          onChange={(event) => onType({ ...text, value: event.target.value })}
        />
        <div id={`${id}-note`}>
          {fixed?.hint && <p className="hint faint">{fixed.hint}</p>}
          {error && <Trouble>{error}</Trouble>}
        </div>
      </dd>
      <dd className="meta">
        <form id={id} onSubmit={submit}>
          <button className="btn small" disabled={saving}>
            Save
          </button>
          <button type="button" className="btn quiet small" onClick={onCancel}>
            Cancel
          </button>
          {onRemove && (
            <button type="button" className="btn quiet small danger" disabled={saving} onClick={onRemove}>
              Remove
            </button>
          )}
        </form>
      </dd>
    </div>
  );
}

interface ValueProps {
  id: string;
  form: string;
  required: boolean;
  value: string;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  onChange: (event: ChangeEvent<HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement>) => void;
}

/** The control that fits what is typed into it. */
function Value({ control, maxLength, placeholder, ...field }: ValueProps & { control: Control; maxLength: number; placeholder: string }) {
  if (control === "lines") return <textarea {...field} placeholder={placeholder} rows={3} dir="auto" />;
  if (control === "language") {
    return (
      <select {...field}>
        {languageTags(field.value).map((tag) => (
          <option key={tag} value={tag}>
            {languageName(tag)}
          </option>
        ))}
      </select>
    );
  }
  if (control === "line") return <input {...field} placeholder={placeholder} maxLength={maxLength} dir="auto" />;
  return (
    <>
      <input {...field} placeholder={placeholder} list={`${field.id}-zones`} />
      <datalist id={`${field.id}-zones`}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
