/** Where the next sentence is typed; Stop takes Send's place. */
import { useEffect, useLayoutEffect, useRef } from "react";
import { AuiIf, ComposerPrimitive, useAui, useAuiState } from "@assistant-ui/react";
import { useQuery } from "@tanstack/react-query";

import { usageQuery } from "../api/queries";
import { useBusiness } from "../business/current";
import { firstWords } from "../canvas/cards";
import { keepText, keptText } from "../session/kept";
import { Icon } from "../ui/icons";
import { usePhone } from "../ui/media";
import { useThread } from "./thread";

const ID = "composer";

/** Put the caret into the composer, at its end. */
export function focusComposer(): void {
  const area = document.getElementById(ID);
  if (!(area instanceof HTMLTextAreaElement)) return;
  area.focus();
  requestAnimationFrame(() => area.setSelectionRange(area.value.length, area.value.length));
}

/** `/` focuses it from wherever nothing is typed. */
export function Composer() {
  const { messages, live, held, focus } = useThread();
  const phone = usePhone();
  const { industry } = useBusiness();
  const empty = messages.length === 0;
  useKeptText();

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const typing = event.target instanceof HTMLElement && event.target.matches("input, textarea, [contenteditable]");
      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      focusComposer();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, []);

  return (
    <>
      <QuotaLine />
      {held && (
        <p className="quota-line" role="status">
          An answer is still being written in this conversation. Your sentence is kept here.
        </p>
      )}
      <ComposerPrimitive.Root className="composer">
        <label className="vh" htmlFor={ID}>
          Message
        </label>
        <ComposerPrimitive.Input
          id={ID}
          rows={1}
          dir="auto"
          maxRows={8}
          placeholder={placeholder(empty, phone, industry)}
          unstable_focusOnRunStart={!phone}
          unstable_focusOnThreadSwitched={!phone}
          unstable_focusOnScrollToBottom={false}
        />
        <div className="composer-row">
          <span className="faint hint" dir="auto">{focus ? `About “${firstWords(focus)}”` : "Press / to type here"}</span>
          <AuiIf condition={(state) => state.thread.isRunning}>
            <ComposerPrimitive.Cancel className="btn end" disabled={live?.stopping ?? false}>
              <Icon name="stop" /> Stop
            </ComposerPrimitive.Cancel>
          </AuiIf>
          <AuiIf condition={(state) => !state.thread.isRunning}>
            <ComposerPrimitive.Send className="btn send end">
              <Icon name="send-up" /> Send
            </ComposerPrimitive.Send>
          </AuiIf>
        </div>
      </ComposerPrimitive.Root>
    </>
  );
}

/** Each thread has its own sentence; one that is being typed stays where it was begun. */
function useKeptText(): void {
  const { place } = useThread();
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const shown = useRef<string | null>(null);
  useLayoutEffect(() => {
    if (shown.current === place) keepText(place, text);
    else {
      shown.current = place;
      aui.thread.composer().setText(keptText(place));
    }
  }, [aui, place, text]);
}

function placeholder(empty: boolean, phone: boolean, industry: string): string {
  if (empty) return /\bgym|fitness|crossfit/i.test(industry) ? "Fill my gym in March" : phone ? "Say it in one sentence" : "Say what you want in one sentence";
  return phone ? "Change something, or ask" : "Change something, or ask for the next thing";
}

function QuotaLine() {
  const { id } = useBusiness();
  const { data: usage } = useQuery(usageQuery(id));
  if (!usage || usage.remaining > 0) return null;
  const date = new Date(usage.resets_at).toLocaleDateString("en-GB", { day: "numeric", month: "long" });
  return (
    <p className="quota-line" role="status">
      This month’s tokens are used up. New ones come on {date}.
    </p>
  );
}
