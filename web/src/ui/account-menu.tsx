/** The account: who is signed in, light or dark, sign out. */
import { DropdownMenu } from "radix-ui";

import { useEditCount } from "../session/kept";
import { signOut, useUser } from "../session/session";
import { Icon } from "./icons";
import { useTheme, type Theme } from "./theme";
import { commit } from "./undo";

const THEMES: [Theme, string][] = [
  ["system", "System"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** The avatar and its menu. */
export function AccountMenu({ side }: { side: "right" | "bottom" }) {
  const user = useUser();
  const [theme, setTheme] = useTheme();
  const edits = useEditCount();
  const name = user?.name ?? "";
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="avatar" aria-label={`${name}, account`}>
        {initials(name)}
      </DropdownMenu.Trigger>
        <DropdownMenu.Content className="menu" side={side} align="end" sideOffset={8} collisionPadding={8}>
          <DropdownMenu.Label className="menu-label">
            <b>{name}</b>
            {user?.email}
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {THEMES.map(([value, label]) => (
              <DropdownMenu.RadioItem key={value} value={value} className="menu-item">
                <DropdownMenu.ItemIndicator className="menu-mark">
                  <Icon name="check" />
                </DropdownMenu.ItemIndicator>
                {label}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => void commit().then(signOut)}>
            Sign out
            {edits > 0 && <small className="end">{edits === 1 ? "1 unsaved edit" : `${edits} unsaved edits`} will be lost</small>}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const letters = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => Array.from(word ?? "")[0]?.toUpperCase() ?? "").join("");
}
