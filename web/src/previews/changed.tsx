/** What the copilot changed last in a draft, and the way back. */
import { useQuery } from "@tanstack/react-query";

import { revisionsQuery } from "../api/queries";
import type { Content } from "../api/types";
import { Difference } from "./difference";

interface Props {
  content: Content;
  name: string;
  busy: boolean;
  onUndo: (content: Content) => void;
}

/** Says nothing of what a person wrote or brought back. */
export function Changed(props: Props) {
  const { authorship: by, revision } = props.content;
  return by?.run_id && by.reason && revision > 1 ? <LastChange {...props} reason={by.reason} /> : null;
}

function LastChange({ content, name, busy, onUndo, reason }: Props & { reason: string }) {
  const { data: revisions } = useQuery(revisionsQuery(content));
  const [now, before] = revisions ?? [];
  return (
    <div className="changed">
      <div className="card-edit">
        <p dir="auto">Changed: {reason}</p>
        <button className="btn quiet small" aria-label={`Undo the change of ${name}`} disabled={busy} onClick={() => onUndo(content)}>
          Undo
        </button>
      </div>
      {now && before && <Difference before={before} after={now} email={content.platform === "email"} />}
    </div>
  );
}
