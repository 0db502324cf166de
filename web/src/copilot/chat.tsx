/** The chat column: conversations, talk, composer. */
import { ThreadPrimitive } from "@assistant-ui/react";
import { Link } from "@tanstack/react-router";

import { sentenceOf } from "../api/problems";
import { useBusiness } from "../business/current";
import { keepText, keptText } from "../session/kept";
import { Trouble } from "../ui/trouble";
import { Composer } from "./composer";
import { Earlier } from "./earlier";
import { AssistantMessage, UserMessage } from "./messages";
import { frontOf, useThread } from "./thread";
import { Threads } from "./threads";
import { Welcome } from "./welcome";

/** What is said, from the first sentence to the live line. */
export function Chat({ children }: { children?: React.ReactNode }) {
  const { messages, opening, error, gone, live, threadId } = useThread();
  return (
    <section className="chat" aria-label="Chat">
      <Threads />
      {error && !live ? (
        <div className="talk">
          {gone ? <Gone /> : <Trouble>{sentenceOf(error)}</Trouble>}
        </div>
      ) : messages.length === 0 ? (
        <Empty opening={opening} />
      ) : (
        <ThreadPrimitive.Root className="talk-frame">
          <ThreadPrimitive.Viewport key={threadId} className="talk" role="log" aria-label="Talk" tabIndex={0}>
            <Earlier />
            <ThreadPrimitive.Messages>
              {({ message }) => (message.role === "user" ? <UserMessage /> : <AssistantMessage />)}
            </ThreadPrimitive.Messages>
          </ThreadPrimitive.Viewport>
        </ThreadPrimitive.Root>
      )}
      {children}
      {!gone && <Composer />}
    </section>
  );
}

function Empty({ opening }: { opening: boolean }) {
  return opening ? <div className="talk" aria-busy="true" /> : <Welcome />;
}

/** Nothing is said under an address that names no conversation; what was typed for it comes along. */
function Gone() {
  const { threadId } = useThread();
  const front = frontOf(useBusiness().id);

  function bring() {
    keepText(front, [keptText(front), keptText(threadId)].filter(Boolean).join("\n"));
    keepText(threadId, "");
  }

  return (
    <Trouble
      action={
        <Link to="/" className="link" onClick={bring}>
          Start a new one
        </Link>
      }
    >
      This conversation no longer exists.
    </Trouble>
  );
}
