/** A message while its sender changes it; what is typed outlasts another conversation and a reload. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { ComposerPrimitive, useAui, useAuiState } from "@assistant-ui/react";

import { useEdit, type Edit } from "../session/kept";

type Keep = (edit: Edit<string> | null) => void;

/** Whether the message is edited; an edit that was left behind is opened again. */
export function useKeptEdit(id: string): { editing: boolean; kept: Edit<string> | null; keep: Keep } {
  const aui = useAui();
  const [kept, keep] = useEdit<Edit<string>>(`ask:${id}`);
  const editing = useAuiState((state) => state.message.composer.isEditing);
  const before = useRef(false);

  useEffect(() => {
    if (kept && !before.current && !editing) aui.composer.beginEdit();
    // Sent or cancelled, in contrast to one whose conversation was left.
    if (before.current && !editing) keep(null);
    before.current = editing;
  }, [aui, editing, kept, keep]);

  return { editing, kept, keep };
}

/** The text with Cancel and Send. */
export function EditForm({ before, kept, keep }: { before: string; kept: Edit<string> | null; keep: Keep }) {
  const aui = useAui();
  const text = useAuiState((state) => state.composer.text);
  const [start] = useState(kept?.now);
  const begun = useRef(start === undefined);

  useLayoutEffect(() => {
    if (!begun.current && start !== undefined) aui.composer.setText(start);
    else keep({ before, now: text });
    begun.current = true;
  }, [aui, before, keep, start, text]);

  return (
    <ComposerPrimitive.Root className="composer again">
      <ComposerPrimitive.Input aria-label="Your message" dir="auto" autoFocus />
      <div className="composer-row">
        <ComposerPrimitive.Cancel className="btn quiet small end">Cancel</ComposerPrimitive.Cancel>
        <ComposerPrimitive.Send className="btn small">Send</ComposerPrimitive.Send>
      </div>
    </ComposerPrimitive.Root>
  );
}
