/** The signed-in page: rail, top bar, chat on the left, canvas on the right. */
import { useEffect, useState, type MouseEvent } from "react";
import { useParams } from "@tanstack/react-router";

import { useBusiness, useKeptChoice } from "./business/current";
import { FactsPage } from "./business/facts-page";
import { BusinessSwitch } from "./business/switch";
import { AgendaSheet } from "./canvas/agenda";
import { CampaignsPage } from "./canvas/campaigns";
import { Canvas } from "./canvas/canvas";
import { span } from "./canvas/dates";
import { useOpen } from "./canvas/open";
import { DraftSheet, Sheet } from "./canvas/sheet";
import { useCards, type Cards } from "./canvas/use-cards";
import { Chat } from "./copilot/chat";
import { newThreadId, ThreadProvider, useThread } from "./copilot/thread";
import { brandStyle } from "./previews/brand";
import { AccountMenu } from "./ui/account-menu";
import { usePhone } from "./ui/media";
import { ModelBadge } from "./ui/model-badge";
import { Quota } from "./ui/quota";
import { Rail, Tabs } from "./ui/rail";
import { Toast } from "./ui/toast";

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
function usePlace(): "facts" | "campaigns" | "canvas" {
  const { show } = useOpen();
  const { campaignId, live } = useThread();
  if (show === "facts" || show === "campaigns") return show;
  return campaignId === null && !live?.artefacts.length ? "facts" : "canvas";
}

const PLACES = { facts: "Business profile", campaigns: "Campaigns", canvas: "Canvas" };

function Desk({ state }: { state: Cards }) {
  const business = useBusiness();
  const { threadId, campaignId, live } = useThread();
  const place = usePlace();
  const made = campaignId !== null || Boolean(live?.artefacts.length);
  return (
    <div className="app" style={brandStyle(business)}>
      <SkipLinks />
      <Rail />
      <header className="top">
        <div className="top-a">
          <BusinessSwitch />
        </div>
        <div className="top-b">
          <Title state={state} place={place} />
          <div className="tools">
            {business.is_demo && <span className="tag sim">demo workspace</span>}
            <ModelBadge />
            <Quota businessId={business.id} />
          </div>
        </div>
      </header>
      <main className="split">
        <Chat />
        {place !== "canvas" && (
          <section key={place} id="canvas" className="canvas" aria-label={PLACES[place]} tabIndex={0}>
            {place === "facts" ? <FactsPage key={business.id} business={business} /> : <CampaignsPage />}
          </section>
        )}
        {/* Only out of sight meanwhile: the week that was turned to, and how far was read, stay. */}
        {made && (
          <section
            id={place === "canvas" ? "canvas" : undefined}
            className={place === "canvas" ? "canvas" : "canvas behind"}
            aria-label={PLACES.canvas}
            tabIndex={0}
          >
            <Canvas key={`${threadId} ${campaignId}`} state={state} />
          </section>
        )}
      </main>
      <Toast />
    </div>
  );
}

/** The first thing a keyboard reaches: past the rail, to where one works. */
function SkipLinks() {
  const focus = (id: string) => (event: MouseEvent) => {
    event.preventDefault();
    document.getElementById(id)?.focus();
  };
  return (
    <nav className="skips" aria-label="Skip">
      <a href="#composer" onClick={focus("composer")}>
        Skip to the message
      </a>
      <a href="#canvas" onClick={focus("canvas")}>
        Skip to the canvas
      </a>
    </nav>
  );
}

function Title({ state, place }: { state: Cards; place: keyof typeof PLACES }) {
  const { campaign, dates } = state;
  const { live, thread } = useThread();
  if (place === "facts") return <h1 className="title">What Marquee knows</h1>;
  if (place === "campaigns") return <h1 className="title">Campaigns</h1>;
  const name = campaign?.name ?? live?.state?.campaign?.name ?? thread?.title ?? "Copilot";
  return (
    <>
      <h1 className="title" dir="auto">
        {name || "Copilot"}
      </h1>
      {dates && <span className="faint num">{span(dates.first, dates.last, "short", true)}</span>}
    </>
  );
}

function Phone({ state }: { state: Cards }) {
  const business = useBusiness();
  const { show, opened } = useOpen();
  const elsewhere = show === "facts" || show === "campaigns";
  const card = elsewhere ? undefined : state.cards.find((each) => each.key === opened);
  return (
    <div className="phone" style={brandStyle(business)}>
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
          {show === "campaigns" && (
            <Sheet label="Campaigns">
              <CampaignsPage />
            </Sheet>
          )}
        </Chat>
      </main>
      <Tabs />
      <Toast />
    </div>
  );
}
