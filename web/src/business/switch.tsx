/** The business menu: switch, or make another. */
import { useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";

import { initial } from "../previews/brand";
import { Icon } from "../ui/icons";
import { chooseBusiness, useBusiness, useBusinesses } from "./current";

/** Name of the open business; choosing another starts at its front. */
export function BusinessSwitch() {
  const businesses = useBusinesses();
  const business = useBusiness();
  const navigate = useNavigate();

  function choose(id: string) {
    chooseBusiness(id);
    void navigate({ to: "/" });
  }

  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className="switch">
        <i className="mono" aria-hidden="true">
          {initial(business.business_name)}
        </i>
        <strong dir="auto">{business.business_name}</strong>
        <Icon name="chev-d" />
      </DropdownMenu.Trigger>
        <DropdownMenu.Content className="menu" align="start" sideOffset={6} collisionPadding={8}>
          <DropdownMenu.RadioGroup value={business.id} onValueChange={choose}>
            {businesses.map((each) => (
              <DropdownMenu.RadioItem key={each.id} value={each.id} className="menu-item">
                <DropdownMenu.ItemIndicator className="menu-mark">
                  <Icon name="check" />
                </DropdownMenu.ItemIndicator>
                <span dir="auto">{each.business_name}</span>
                {each.is_demo && <span className="tag sim end">demo</span>}
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => void navigate({ to: "/new-business" })}>
            New business
          </DropdownMenu.Item>
        </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}
