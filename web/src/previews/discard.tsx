/** Asks in place before a draft is deleted. */

interface Props {
  planned: boolean;
  onDelete: () => void;
  onKeep: () => void;
}

/** The safe answer has the focus. */
export function Discard({ planned, onDelete, onKeep }: Props) {
  return (
    <div className="card-edit" role="group" aria-label="Delete this draft?">
      <p>{planned ? "Delete this draft? Its slot stays planned." : "Delete this draft?"}</p>
      <button className="btn small danger" onClick={onDelete}>
        Delete
      </button>
      <button className="btn quiet small" autoFocus onClick={onKeep}>
        Keep it
      </button>
    </div>
  );
}
