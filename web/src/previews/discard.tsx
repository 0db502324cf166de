/** Asks in place before a draft is deleted. */
import type { KeyboardEvent } from "react";

interface Props {
  planned: boolean;
  busy: boolean;
  onDelete: () => void;
  onKeep: () => void;
}

/** The safe answer has the focus, and Escape gives it. */
export function Discard({ planned, busy, onDelete, onKeep }: Props) {
  function leave(event: KeyboardEvent) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    onKeep();
  }

  return (
    <div className="card-edit" role="group" aria-label="Delete this draft?" onKeyDown={leave}>
      <p>{planned ? "Delete this draft? Its slot stays planned." : "Delete this draft?"}</p>
      <button className="btn small danger" disabled={busy} onClick={onDelete}>
        Delete
      </button>
      <button className="btn quiet small" disabled={busy} autoFocus onClick={onKeep}>
        Keep it
      </button>
    </div>
  );
}
