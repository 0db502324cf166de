/** A row of the facts page: what is known, or the form in which it is changed. */
import { useEffect, type ReactNode } from "react";

import type { Business, Fact } from "../api/types";
import { useOpen } from "../canvas/open";
import { isChanged, useEdit, type Edit } from "../session/kept";
import { useEditFocus } from "../ui/edit-focus";
import { offerUndo } from "../ui/undo";
import { FactForm, type FactText } from "./fact-form";
import { useFacts } from "./facts";
import type { ProfileLine } from "./profile";

interface Props {
  business: Business;
  /** The name by which the row is opened: of the address, and of what is typed. */
  name: string;
  text: FactText;
  fixed?: ProfileLine;
  example?: string | undefined;
  save: (facts: ReturnType<typeof useFacts>, text: FactText) => Promise<Fact[] | null>;
  /** Told where a new fact stands. */
  onAdded?: (id: string) => void;
  /** The fact that can be removed. */
  fact?: Fact;
  onRemoved?: () => void;
  children: (edit: () => void) => ReactNode;
}

/** Keeps what is typed until it is saved or cancelled, and offers to bring back what was cancelled. */
export function FactRow({ business, name, text, fixed, example, save, onAdded, fact, onRemoved, children }: Props) {
  const [edit, setEdit] = useEdit<Edit<FactText>>(`fact:${business.id}:${name}`);
  const facts = useFacts(business);
  const { fact: wanted, forgetFact } = useOpen();
  const row = `fact-${name}`;
  const begin = () => setEdit({ before: text, now: text });
  useEditFocus(row, edit !== null, facts.saving);

  const asked = wanted === `edit:${name}`;
  useEffect(() => {
    if (!asked) return;
    // What the address asked for is done: it shall not open the form again when this one is closed.
    forgetFact();
    if (!edit) begin();
  });

  if (!edit) return children(begin);

  async function submit({ now }: Edit<FactText>) {
    const trimmed = { key: now.key.trim(), value: now.value.trim() };
    const saved = await save(facts, trimmed);
    if (!saved) return;
    setEdit(null);
    const added = saved.findLast((each) => each.key === trimmed.key && each.value === trimmed.value);
    if (added) onAdded?.(added.id);
  }

  function cancel(left: Edit<FactText>) {
    facts.forget();
    setEdit(null);
    const what = fixed?.label ?? left.now.key;
    if (isChanged(left)) offerUndo({ text: `Discarded the changes to “${what}”.`, undo: () => setEdit(left) });
  }

  async function remove(known: Fact) {
    if (!(await facts.remove(known))) return;
    setEdit(null);
    onRemoved?.();
  }

  return (
    <FactForm
      row={row}
      text={edit.now}
      fixed={fixed}
      example={example}
      saving={facts.saving}
      error={facts.error}
      onType={(now) => setEdit({ ...edit, now })}
      onSave={() => void submit(edit)}
      onCancel={() => cancel(edit)}
      onRemove={fact && (() => void remove(fact))}
    />
  );
}
