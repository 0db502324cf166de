/** Has the copilot change a draft, from its card. */
import type { Action, Content } from "../api/types";
import { useOpen } from "../canvas/open";
import { focusComposer } from "../copilot/composer";
import { useThread } from "../copilot/thread";

/** Asks for a change of this draft, which becomes its next revision. */
export function useChange(content: Content) {
  const { say } = useThread();
  return (text: string, action: Partial<Action>) => say(text, { actions: [{ intent: "edit", targets: [content.id], ...action }] });
}

/** Shorter at once, or anything else in words: the draft is open then, so that "it" means this one. */
export function AskChange({ content, place, name }: { content: Content; place: string; name: string }) {
  const { running } = useThread();
  const ask = useChange(content);
  const { open } = useOpen();
  const shorter = () => ask(`Make “${name}” shorter`, { brief: "Make it shorter" });
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
