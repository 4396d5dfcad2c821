import { Tooltip as Radix } from "radix-ui";
import type { FocusEvent, ReactElement } from "react";
import { Keys } from "./Keys.tsx";
import "./Tooltip.css";

export interface TooltipProps {
  label: string;
  shortcut?: string;
  /** The control that it explains; one element. */
  children: ReactElement;
}

/** Says what a control does, and its key. The control has a name of its own: nobody depends on this. */
export function Tooltip({ label, shortcut, children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild onFocus={onlyWhenSeen}>
        {children}
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className="tooltip" sideOffset={6} collisionPadding={8} aria-label={label}>
          <span>{label}</span>
          {shortcut && <Keys keys={shortcut} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

/** Focus that a closing menu or an opening dialog gives is nobody's question. */
function onlyWhenSeen(event: FocusEvent): void {
  if (!event.target.matches(":focus-visible")) event.preventDefault();
}
