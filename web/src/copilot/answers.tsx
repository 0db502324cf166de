/** The possible answers to the copilot's question, as buttons. */
import type { Shown } from "./shown";
import { useThread } from "./thread";

/** Pressed, an answer is said and carries what it means. */
export function Answers({ shown: { clarify } }: { shown: Shown }) {
  const { say, running } = useThread();
  if (!clarify?.options.length) return null;
  return (
    <div className="answers" role="group" aria-label="Answers">
      {clarify.options.map(({ label, actions }) => (
        <button key={label} className="btn" dir="auto" disabled={running} onClick={() => say(label, { actions })}>
          {label}
        </button>
      ))}
    </div>
  );
}
