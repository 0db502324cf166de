/** One fact while it is added or changed. */
import { useId, type KeyboardEvent, type SyntheticEvent } from "react";

import { text } from "../session/sign-in";
import { Trouble } from "../ui/trouble";
import { languageName, languageTags } from "./languages";
import type { Control, ProfileLine } from "./profile";

interface Props {
  name?: string;
  /** The line of the profile, whose name stays as it is. */
  fixed?: ProfileLine;
  value?: string;
  saving: boolean;
  /** Why the last save was refused. */
  error: string | null;
  onSave: (key: string, value: string) => void;
  onCancel: () => void;
  onRemove?: () => void;
}

/** Name and value in the row's own columns; Escape leaves it. */
export function FactForm({ name, fixed, value = "", saving, error, onSave, onCancel, onRemove }: Props) {
  const id = useId();

  function submit(event: SyntheticEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    onSave(text(form, "key"), text(form, "value"));
  }

  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    onCancel();
  }

  return (
    <div className="factrow editing">
      <dt>
        {fixed?.label ?? (
          <>
            <label className="vh" htmlFor={`${id}-key`}>
              Name of the fact
            </label>
            <input
              id={`${id}-key`}
              form={id}
              name="key"
              required
              maxLength={200}
              defaultValue={name}
              placeholder="Event"
              autoFocus={!name}
              onKeyDown={leave}
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
          name="value"
          required={fixed ? (fixed.required ?? false) : true}
          placeholder={fixed?.label ?? "Open house, Saturday 6 March, 10:00 to 14:00"}
          autoFocus={Boolean(name ?? fixed)}
          aria-describedby={fixed?.hint || error ? `${id}-note` : undefined}
          aria-invalid={error ? true : undefined}
          control={fixed?.control ?? "line"}
          value={value}
          maxLength={fixed ? 2000 : 500}
          onKeyDown={leave}
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
  name: string;
  required: boolean;
  placeholder: string;
  autoFocus: boolean;
  "aria-describedby": string | undefined;
  "aria-invalid": true | undefined;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** The control that fits what is typed into it. */
function Value({ control, value, maxLength, ...rest }: ValueProps & { control: Control; value: string; maxLength: number }) {
  const { placeholder, ...field } = rest;
  if (control === "lines") return <textarea {...rest} rows={3} defaultValue={value} />;
  if (control === "language") {
    return (
      <select {...field} defaultValue={value}>
        {languageTags(value).map((tag) => (
          <option key={tag} value={tag}>
            {languageName(tag)}
          </option>
        ))}
      </select>
    );
  }
  if (control === "line") return <input {...rest} maxLength={maxLength} defaultValue={value} />;
  return (
    <>
      <input {...field} placeholder={placeholder} list={`${field.id}-zones`} defaultValue={value} />
      <datalist id={`${field.id}-zones`}>
        {Intl.supportedValuesOf("timeZone").map((zone) => (
          <option key={zone} value={zone} />
        ))}
      </datalist>
    </>
  );
}
