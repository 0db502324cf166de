/** The way around: Copilot and Facts; a rail at the side, tabs on a phone. */
import { useOpen } from "../canvas/open";
import { AccountMenu } from "./account-menu";
import { Icon, Logo, type IconName } from "./icons";

/** Rail with the account at its foot. */
export function Rail({ facts }: { facts: boolean }) {
  const { close } = useOpen();
  return (
    <nav className="rail" aria-label="Main">
      <button className="rail-logo" aria-label="Marquee, home" onClick={close}>
        <Logo />
      </button>
      <Places facts={facts} />
      <AccountMenu side="right" />
    </nav>
  );
}

/** The same places at the foot of a phone. */
export function Tabs({ facts }: { facts: boolean }) {
  return (
    <nav className="tabs" aria-label="Main">
      <Places facts={facts} />
    </nav>
  );
}

function Places({ facts }: { facts: boolean }) {
  const { close, openFacts } = useOpen();
  return (
    <>
      <Place icon="chat" label="Copilot" current={!facts} onClick={close} />
      <Place icon="fact" label="Facts" current={facts} onClick={() => openFacts()} />
    </>
  );
}

function Place({ icon, label, current, onClick }: { icon: IconName; label: string; current: boolean; onClick: () => void }) {
  return (
    <button className="rail-item" aria-current={current ? "page" : undefined} onClick={onClick}>
      <Icon name={icon} />
      <span>{label}</span>
    </button>
  );
}
