/** The account: who is signed in, light or dark, sign out. */
import { DropdownMenu } from "radix-ui";

import { signOut, useUser } from "../session/session";
import { Icon } from "./icons";
import { useTheme, type Theme } from "./theme";

const THEMES: [Theme, string][] = [
  ["system", "As the system"],
  ["light", "Light"],
  ["dark", "Dark"],
];

/** The avatar and its menu. */
export function AccountMenu({ side }: { side: "right" | "bottom" }) {
  const user = useUser();
  const [theme, setTheme] = useTheme();
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
          <DropdownMenu.Item className="menu-item" onSelect={() => void signOut()}>
            Sign out
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
