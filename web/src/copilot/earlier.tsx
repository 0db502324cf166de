/** The way to what was said before the newest messages, at the top of a long conversation. */
import { useLayoutEffect, useRef } from "react";
import { useAuiState } from "@assistant-ui/react";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { sentenceOf } from "../api/problems";
import { earlierMessages, threadQuery } from "../api/queries";
import { Trouble } from "../ui/trouble";
import { useThread } from "./thread";

/** Puts earlier messages above; what one reads stays where it is on the screen. */
export function Earlier() {
  const { threadId, thread } = useThread();
  const queries = useQueryClient();
  const first = useAuiState((state) => state.thread.messages[0]?.id);
  const reading = useRef<{ talk: HTMLElement; fromEnd: number } | null>(null);
  const cursor = thread?.older_cursor;

  const load = useMutation({
    mutationFn: ({ before }: { before: string; talk: HTMLElement }) => earlierMessages(threadId, before),
    onSuccess: ({ items, next_cursor }, { before, talk }) => {
      reading.current = { talk, fromEnd: talk.scrollHeight - talk.scrollTop };
      queries.setQueryData(threadQuery(threadId).queryKey, (now) =>
        now?.older_cursor === before ? { ...now, older_cursor: next_cursor, messages: [...items.toReversed(), ...now.messages] } : now,
      );
    },
  });

  useLayoutEffect(() => {
    if (!reading.current) return;
    const { talk, fromEnd } = reading.current;
    reading.current = null;
    talk.scrollTop = talk.scrollHeight - fromEnd;
    talk.focus({ preventScroll: true });
  }, [first]);

  if (!cursor) return null;
  return (
    <>
      <button
        className="btn quiet small earlier"
        disabled={load.isPending}
        onClick={({ currentTarget }) => {
          const talk = currentTarget.parentElement;
          if (talk) load.mutate({ before: cursor, talk });
        }}
      >
        Show earlier messages
      </button>
      {load.error && <Trouble>{sentenceOf(load.error)}</Trouble>}
    </>
  );
}
