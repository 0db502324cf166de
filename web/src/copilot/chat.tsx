/** The chat column: threads, talk, composer. */
import { ThreadPrimitive } from "@assistant-ui/react";

import { sentenceOf } from "../api/problems";
import { Trouble } from "../ui/trouble";
import { Composer } from "./composer";
import { AssistantMessage, UserMessage } from "./messages";
import { useThread } from "./thread";
import { Threads } from "./threads";
import { Welcome } from "./welcome";

/** What is said, from the first sentence to the live line. */
export function Chat({ children }: { children?: React.ReactNode }) {
  const { messages, opening, error, live, threadId } = useThread();
  return (
    <section className="chat" aria-label="Chat">
      <Threads />
      {error && !live ? (
        <div className="talk">
          <Trouble>{sentenceOf(error)}</Trouble>
        </div>
      ) : messages.length === 0 ? (
        <Empty opening={opening} />
      ) : (
        <ThreadPrimitive.Root className="talk-frame">
          <ThreadPrimitive.Viewport key={threadId} className="talk" role="log" aria-label="Talk" tabIndex={0}>
            <ThreadPrimitive.Messages>
              {({ message }) => (message.role === "user" ? <UserMessage /> : <AssistantMessage />)}
            </ThreadPrimitive.Messages>
          </ThreadPrimitive.Viewport>
        </ThreadPrimitive.Root>
      )}
      {children}
      <Composer />
    </section>
  );
}

function Empty({ opening }: { opening: boolean }) {
  return opening ? <div className="talk" aria-busy="true" /> : <Welcome />;
}
