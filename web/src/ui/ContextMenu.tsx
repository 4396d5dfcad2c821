import { ContextMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import { type MenuItem, MenuItems } from "./menu-items.tsx";

export interface ContextMenuProps {
  /** One element: a right click, the menu key or a long press on it opens the menu. */
  children: ReactElement;
  items: readonly MenuItem[];
  header?: ReactNode;
  onOpenChange?: (open: boolean) => void;
}

export function ContextMenu({ children, items, header, onOpenChange }: ContextMenuProps) {
  return (
    <Radix.Root onOpenChange={onOpenChange} modal={false}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="menu" collisionPadding={8}>
          {header}
          <MenuItems parts={Radix} items={items} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
