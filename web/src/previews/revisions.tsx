/** The revisions of a draft: who made each, when and why; each can come back. */
import { useEffect, useRef, useState } from "react";
import { useQuery } from "@tanstack/react-query";

import { sentenceOf } from "../api/problems";
import { revisionsQuery } from "../api/queries";
import type { Content, Revision } from "../api/types";
import { localTime, when } from "../canvas/dates";
import { useUser } from "../session/session";
import { Trouble } from "../ui/trouble";
import { Difference } from "./difference";

interface Props {
  content: Content;
  busy: boolean;
  onRestore: (revision: number) => void;
  onClose: () => void;
}

/** The present one first; an earlier one says what it would change. */
export function Revisions({ content, busy, onRestore, onClose }: Props) {
  const { data: all, error } = useQuery(revisionsQuery(content));
  const [open, setOpen] = useState<number | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const present = all?.[0];
  useEffect(() => heading.current?.focus(), []);
  return (
    <section className="revisions" aria-label="Revisions">
      <header>
        <h3 ref={heading} tabIndex={-1}>
          Revisions
        </h3>
        <button className="btn quiet small" onClick={onClose}>
          Close
        </button>
      </header>
      {error && <Trouble>{sentenceOf(error)}</Trouble>}
      <ol>
        {all?.map((one) => (
          <li key={one.revision}>
            <Line revision={one} />
            {one === present ? (
              <span className="faint">now</span>
            ) : (
              <button
                className="link"
                aria-expanded={open === one.revision}
                aria-label={`Compare revision ${one.revision}`}
                onClick={() => setOpen(open === one.revision ? null : one.revision)}
              >
                Compare
              </button>
            )}
            {present && open === one.revision && (
              <>
                <Difference before={present} after={one} email={content.platform === "email"} />
                <button
                  className="btn small"
                  aria-label={`Restore revision ${one.revision}`}
                  disabled={busy}
                  onClick={() => onRestore(one.revision)}
                >
                  Restore
                </button>
              </>
            )}
          </li>
        ))}
      </ol>
    </section>
  );
}

function Line({ revision: { revision, authorship: by } }: { revision: Revision }) {
  const user = useUser();
  const who = by?.run_id ? "Copilot" : by?.person_id === user?.id ? "You" : "A colleague";
  return (
    <p dir="auto">
      <b className="num">{revision}</b> {by?.reason ?? "written"}
      {by && (
        <span className="meta">
          {who}, <time dateTime={by.at}>{when(localTime(new Date(by.at)))}</time>
        </span>
      )}
    </p>
  );
}
