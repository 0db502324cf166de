/** What the copilot changed last in a draft, and the way back. */
import type { Content } from "../api/types";

interface Props {
  content: Content;
  name: string;
  busy: boolean;
  onUndo: (content: Content) => void;
}

/** Says nothing of what a person wrote or brought back. */
export function Changed({ content, name, busy, onUndo }: Props) {
  const { authorship: by, revision } = content;
  if (!by?.run_id || !by.reason || revision < 2) return null;
  return (
    <div className="card-edit">
      <p dir="auto">Changed: {by.reason}</p>
      <button className="btn quiet small" aria-label={`Undo the change of ${name}`} disabled={busy} onClick={() => onUndo(content)}>
        Undo
      </button>
    </div>
  );
}
