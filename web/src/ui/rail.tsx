/** The way around: Copilot, Campaigns and Facts; a rail at the side, tabs on a phone. */
import { Link } from "@tanstack/react-router";

import { useOpen } from "../canvas/open";
import { AccountMenu } from "./account-menu";
import { Icon, Logo, type IconName } from "./icons";

/** Rail with the account at its foot. */
export function Rail() {
  return (
    <nav className="rail" aria-label="Main">
      <Link to="/" className="rail-logo" aria-label="Marquee, home">
        <Logo />
      </Link>
      <Places />
      <AccountMenu side="right" />
    </nav>
  );
}

/** The same places at the foot of a phone. */
export function Tabs() {
  return (
    <nav className="tabs" aria-label="Main">
      <Places />
    </nav>
  );
}

function Places() {
  const { show, closeAll, openCampaigns, openFacts } = useOpen();
  const elsewhere = show === "campaigns" || show === "facts";
  return (
    <>
      <Place icon="chat" label="Copilot" current={!elsewhere} onClick={closeAll} />
      <Place icon="calendar" label="Campaigns" current={show === "campaigns"} onClick={openCampaigns} />
      <Place icon="fact" label="Facts" current={show === "facts"} onClick={() => openFacts()} />
    </>
  );
}

interface PlaceProps {
  icon: IconName;
  label: string;
  current: boolean;
  onClick: () => void;
}

function Place({ icon, label, current, onClick }: PlaceProps) {
  return (
    <button className="rail-item" aria-current={current ? "page" : undefined} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
