/** A labelled input with its error. */
import { useId, useState, type InputHTMLAttributes, type ReactNode } from "react";

interface Props extends InputHTMLAttributes<HTMLInputElement> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
}

/** Label above, hint or error below, both announced. */
export function Field({ label, hint, error, ...input }: Props) {
  const id = useId();
  const [shown, setShown] = useState(false);
  const secret = input.type === "password";
  return (
    <div className="field">
      <div>
        <label htmlFor={id}>{label}</label>
        {secret && (
          <button
            type="button"
            className="link end"
            aria-label={shown ? "Hide password" : "Show password"}
            onClick={() => setShown(!shown)}
          >
            {shown ? "Hide" : "Show"}
          </button>
        )}
      </div>
      <input
        {...input}
        id={id}
        dir="auto"
        type={secret && shown ? "text" : input.type}
        aria-invalid={error ? true : undefined}
        aria-describedby={error || hint ? `${id}-note` : undefined}
      />
      {(error ?? hint) && (
        <p id={`${id}-note`} className={error ? "note error" : "note"}>
          {error ?? hint}
        </p>
      )}
    </div>
  );
}
