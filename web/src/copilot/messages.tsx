/** The two kinds of message: what a person said, and what the copilot answers. */
import { memo, useState, type ComponentProps } from "react";
import {
  ActionBarPrimitive,
  AuiIf,
  MessagePrimitive,
  useAuiState,
} from "@assistant-ui/react";
import { MarkdownTextPrimitive } from "@assistant-ui/react-markdown";
import remarkGfm from "remark-gfm";

import { sentence } from "../api/problems";
import { useUser } from "../session/session";
import { Icon } from "../ui/icons";
import { Trouble } from "../ui/trouble";
import { clock, localTime, when } from "../canvas/dates";
import { isDraft } from "../canvas/cards";
import { SHARED, sourceChips, SourceChip } from "../canvas/sources";
import { Answers } from "./answers";
import { Chips } from "./chips";
import { EditForm, useKeptEdit } from "./edit-message";
import { useGoOn, WriteNext } from "./continue";
import { LiveLine } from "./live-line";
import { Proposal } from "./proposal";
import type { Shown } from "./shown";
import { useThread } from "./thread";
import { trimLinks } from "./trim-links";
import { Variants } from "./variants";
import { seconds, stepDone, taskName } from "./words";

function useShown(): Shown {
  return useAuiState((state) => state.message.metadata.custom["shown"]) as Shown;
}

/** The owner's sentence, in serif, with its branches. */
export function UserMessage() {
  const shown = useShown();
  const user = useUser();
  const { editing, kept, keep } = useKeptEdit(shown.id);
  const [at, today] = [localTime(shown.at), localTime(new Date())];
  return (
    <MessagePrimitive.Root asChild>
      <article className="mine">
        {editing ? (
          <EditForm keep={keep} kept={kept} before={shown.text} />
        ) : (
          <p className={shown.text.length > 160 ? "ask long" : "ask"} dir="auto">{shown.text}</p>
        )}
        <div className="by">
          <span>
            {user?.name.split(" ")[0]}, <time dateTime={shown.at.toISOString()}>{at.slice(0, 10) === today.slice(0, 10) ? clock(at) : when(at)}</time>
          </span>
          <Branches shown={shown} />
          <AuiIf condition={(state) => !state.message.composer.isEditing && !state.thread.isRunning}>
            <ActionBarPrimitive.Edit className="link">Edit</ActionBarPrimitive.Edit>
          </AuiIf>
        </div>
      </article>
    </MessagePrimitive.Root>
  );
}

function Branches({ shown }: { shown: Shown }) {
  const { show, running } = useThread();
  const at = shown.beside.indexOf(shown.id);
  if (shown.beside.length < 2) return null;
  const step = (by: number) => {
    const id = shown.beside[at + by];
    if (id) show(id);
  };
  return (
    <span className="branches">
      <button className="ib" aria-label="Earlier version" disabled={at === 0 || running} onClick={() => step(-1)}>
        <Icon name="chev-l" />
      </button>
      <span className="num">
        {at + 1} of {shown.beside.length}
      </span>
      <button
        className="ib"
        aria-label="Later version"
        disabled={at === shown.beside.length - 1 || running}
        onClick={() => step(1)}
      >
        <Icon name="chev-r" />
      </button>
    </span>
  );
}

/** The copilot's answer: steps folded, talk, sources, chips, and how it stands. */
export function AssistantMessage() {
  const shown = useShown();
  const last = useAuiState((state) => state.message.isLast);
  return (
    <MessagePrimitive.Root asChild>
      <article className="answer" aria-label="Copilot">
        <Steps shown={shown} />
        {shown.text && (
          <div className="say" dir="auto">
            <MessagePrimitive.Parts components={{ Text: Markdown }} />
          </div>
        )}
        <NotFound figures={shown.unsourced} />
        {last && <Answers shown={shown} />}
        {shown.artefacts.map((artefact) => artefact.name === "suggest_variants" && <Variants key={artefact.id} artefact={artefact} />)}
        {shown.proposed.map((action, at) => (
          <Proposal key={at} action={action} last={last} />
        ))}
        <Sources shown={shown} />
        <Chips message={shown} last={last} />
        <Standing shown={shown} last={last} />
      </article>
    </MessagePrimitive.Root>
  );
}

const Markdown = memo(function Markdown() {
  return <MarkdownTextPrimitive remarkPlugins={[remarkGfm, trimLinks]} smooth={false} components={{ a: Anchor }} />;
});

function Anchor({ href, children }: ComponentProps<"a">) {
  return (
    <a className="link" href={href} target="_blank" rel="noopener noreferrer">
      {children}
    </a>
  );
}

/** What nobody told the copilot is said under its answer. */
function NotFound({ figures }: { figures: string[] }) {
  if (figures.length === 0) return null;
  return (
    <div className="check soft" role="note">
      <Icon name="alert" />
      <p dir="auto">{figures.join(", ")}: not found in what you told me. Check before you rely on it.</p>
    </div>
  );
}

function Steps({ shown }: { shown: Shown }) {
  const [open, setOpen] = useState(false);
  const done = shown.steps.filter((step) => step.status !== "started");
  if (done.length === 0) return null;
  const tasks = [...new Set(done.map(taskName))].join(", ");
  return (
    <div className="steps">
      <button className="fold" aria-expanded={open} onClick={() => setOpen(!open)}>
        <Icon name={open ? "chev-d" : "chev-r"} />
        <span>
          {done.length} {done.length === 1 ? "step" : "steps"}
          {shown.ms !== null && `, ${seconds(shown.ms)}`}
        </span>
        {!open && <span className="faint">{tasks}</span>}
      </button>
      {open && (
        <ol>
          {done.map((step) => (
            <li key={step.id} className={step.status === "failed" ? "failed" : undefined}>
              {stepDone(step)} <span className="faint num">{seconds(step.ms ?? 0)}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function Sources({ shown }: { shown: Shown }) {
  const sources = sourceChips(shown.artefacts, SHARED);
  if (sources.length === 0) return null;
  return (
    <div className="srcs">
      {sources.map((source) => (
        <SourceChip key={`${source.kind}:${source.ref}`} source={source} />
      ))}
    </div>
  );
}

function Standing({ shown, last }: { shown: Shown; last: boolean }) {
  const { running } = useThread();
  const { goOn, again } = useGoOn(shown);
  const count = shown.artefacts.filter(isDraft);
  const of = Math.max(count.length, ...count.map((artefact) => artefact.identity.of ?? 0));
  const done = count.filter((artefact) => artefact.result).length;
  if (shown.live && !shown.outcome) return <LiveLine run={shown.live} />;
  if (shown.outcome === "cancelled") {
    return (
      <p className="stopped">
        <span>Stopped by you{of > 0 ? ` after ${done} of ${of}` : ""}.</span>
        {last && !running && (
          <button className="link" onClick={goOn}>
            Continue
          </button>
        )}
      </p>
    );
  }
  if (shown.outcome === "failed") {
    return (
      <Trouble
        action={
          last &&
          !running && (
            <button className="link" onClick={again}>
              Try again
            </button>
          )
        }
      >
        {shown.problem ? sentence(shown.problem) : "The answer was not finished."} {kept(shown, done, of)}
      </Trouble>
    );
  }
  return last && !running && shown.artefacts.length > 0 ? <WriteNext /> : null;
}

function kept(shown: Shown, done: number, of: number): string {
  if (done > 0) return `What is written is kept: ${done < of ? `${done} of ${of}` : done} ${of === 1 ? "draft" : "drafts"}.`;
  if (shown.artefacts.some((artefact) => artefact.result)) return "What is written is kept.";
  return shown.live?.begun === false ? "Your sentence is kept here." : "";
}
