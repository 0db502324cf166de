/** Has the copilot change a draft, from its card. */
import type { Content } from "../api/types";
import { useOpen } from "../canvas/open";
import { focusComposer } from "../copilot/composer";
import { useThread } from "../copilot/thread";

/** Shorter at once, or anything else in words: the draft is open then, so that "it" means this one. */
export function AskChange({ content, place, name }: { content: Content; place: string; name: string }) {
  const { say, running } = useThread();
  const { open } = useOpen();
  const shorter = () => say(`Make “${name}” shorter`, { actions: [{ intent: "edit", targets: [content.id], brief: "Make it shorter" }] });
  const change = () => {
    open(place, false);
    focusComposer();
  };
  return (
    <>
      <button className="btn quiet small" aria-label={`Shorter: ${name}`} disabled={running} onClick={shorter}>
        Shorter
      </button>
      <button className="btn quiet small" aria-label={`Change… ${name}`} onClick={change}>
        Change…
      </button>
    </>
  );
}
