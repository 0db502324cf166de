/** One fact while it is added or changed. */
import { useId, type KeyboardEvent, type SyntheticEvent } from "react";

import { text } from "../session/sign-in";

interface Props {
  name?: string;
  /** A name that stays as it is: a line of the profile. */
  fixed?: string;
  value?: string;
  saving: boolean;
  onSave: (key: string, value: string) => void;
  onCancel: () => void;
  onRemove?: () => void;
}

/** Name and value in the row's own columns; Escape leaves it. */
export function FactForm({ name, fixed, value, saving, onSave, onCancel, onRemove }: Props) {
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
        {fixed ?? (
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
          {fixed ?? "The fact"}
        </label>
        <input
          id={`${id}-value`}
          form={id}
          name="value"
          required
          maxLength={500}
          defaultValue={value}
          placeholder={fixed ?? "Open house, Saturday 6 March, 10:00 to 14:00"}
          autoFocus={Boolean(name ?? fixed)}
          onKeyDown={leave}
        />
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
