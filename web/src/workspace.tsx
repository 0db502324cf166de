/** The signed-in page: rail, top bar, chat on the left, canvas on the right. */
import { useEffect, useState } from "react";
import { useParams } from "@tanstack/react-router";

import { useBusiness, useKeptChoice } from "./business/current";
import { FactsPage } from "./business/facts-page";
import { BusinessSwitch } from "./business/switch";
import { AgendaSheet } from "./canvas/agenda";
import { Canvas } from "./canvas/canvas";
import { span } from "./canvas/dates";
import { useOpen } from "./canvas/open";
import { DraftSheet, Sheet } from "./canvas/sheet";
import { useCards, type Cards } from "./canvas/use-cards";
import { Chat } from "./copilot/chat";
import { newThreadId, ThreadProvider, useThread } from "./copilot/thread";
import { AccountMenu } from "./ui/account-menu";
import { usePhone } from "./ui/media";
import { ModelBadge } from "./ui/model-badge";
import { Quota } from "./ui/quota";
import { Rail, Tabs } from "./ui/rail";

/** Opens the thread of the address, or a new one. */
export function Workspace() {
  const { threadId } = useParams({ strict: false });
  useKeptChoice();
  const [fresh, setFresh] = useState({ id: newThreadId(), used: false });
  if (threadId === fresh.id && !fresh.used) setFresh({ ...fresh, used: true });
  if (threadId === undefined && fresh.used) setFresh({ id: newThreadId(), used: false });
  return (
    <ThreadProvider threadId={threadId ?? fresh.id}>
      <Screen />
    </ThreadProvider>
  );
}

function Screen() {
  const phone = usePhone();
  const state = useCards();
  const { close } = useOpen();
  const name = useBusiness().business_name;

  useEffect(() => {
    document.title = `${name} · Marquee`;
    return () => {
      document.title = "Marquee";
    };
  }, [name]);

  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.key === "Escape" && !event.defaultPrevented) close();
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  });

  return phone ? <Phone state={state} /> : <Desk state={state} />;
}

/** The facts are there when asked for, and as long as there is nothing else to show. */
function useFactsShown(): boolean {
  const { show } = useOpen();
  const { campaignId, live } = useThread();
  return show === "facts" || (campaignId === null && !live?.artefacts.length);
}

function Desk({ state }: { state: Cards }) {
  const business = useBusiness();
  const { show } = useOpen();
  const { threadId } = useThread();
  const facts = useFactsShown();
  return (
    <div className="app">
      <Rail facts={show === "facts"} />
      <header className="top">
        <div className="top-a">
          <BusinessSwitch />
        </div>
        <div className="top-b">
          <Title state={state} facts={facts} />
          <div className="tools">
            {business.is_demo && <span className="tag sim">demo workspace</span>}
            <ModelBadge />
            <Quota businessId={business.id} />
          </div>
        </div>
      </header>
      <main className="split">
        <Chat />
        <section className="canvas" aria-label={facts ? "Business profile" : "Canvas"} tabIndex={0}>
          {facts ? <FactsPage key={business.id} business={business} /> : <Canvas key={threadId} state={state} />}
        </section>
      </main>
    </div>
  );
}

function Title({ state, facts }: { state: Cards; facts: boolean }) {
  const { campaign } = state;
  const { live, thread } = useThread();
  if (facts) return <h1 className="title">What Marquee knows</h1>;
  const name = campaign?.name ?? live?.state?.campaign?.name ?? thread?.title ?? "Copilot";
  return (
    <>
      <h1 className="title">{name || "Copilot"}</h1>
      {campaign?.start_date && campaign.end_date && (
        <span className="faint num">{span(campaign.start_date, campaign.end_date, "short", true)}</span>
      )}
    </>
  );
}

function Phone({ state }: { state: Cards }) {
  const business = useBusiness();
  const { show, opened } = useOpen();
  const card = state.cards.find((each) => each.key === opened);
  return (
    <div className="phone">
      <header className="top">
        <BusinessSwitch />
        <span className="end">
          <ModelBadge short />
        </span>
        <AccountMenu side="bottom" />
      </header>
      <main>
        <h1 className="vh">Copilot</h1>
        <Chat>
          {card && <DraftSheet card={card} cards={state.cards} />}
          {!card && show === "calendar" && <AgendaSheet cards={state.cards} name={state.campaign?.name ?? "Calendar"} />}
          {show === "facts" && (
            <Sheet label="What Marquee knows">
              <FactsPage key={business.id} business={business} />
            </Sheet>
          )}
        </Chat>
      </main>
      <Tabs facts={show === "facts"} />
    </div>
  );
}
