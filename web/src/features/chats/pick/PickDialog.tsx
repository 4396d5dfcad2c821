import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import type { ReactNode } from "react";
import { t } from "../../../text/index.ts";
import { IconButton } from "../../../ui/IconButton.tsx";
import { Keys } from "../../../ui/Keys.tsx";
import "./PickDialog.css";

interface PickDialogProps {
  title: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Where the focus goes at the end, if not back to where it was. */
  onCloseAutoFocus?: (event: Event) => void;
  children: ReactNode;
}

/** The dialog around a {@link PickBox}: near the top of the page, and all of a narrow one. */
export function PickDialog({ title, open, onOpenChange, onCloseAutoFocus, children }: PickDialogProps) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog__veil pick-dialog__veil">
          <Dialog.Content className="pick-dialog" aria-describedby={undefined} onCloseAutoFocus={onCloseAutoFocus}>
            <Dialog.Title className="visually-hidden">{title}</Dialog.Title>
            {children}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** How to leave it, at the end of the field: a key where there are keys, a button where there is little room. */
export function PickClose() {
  return (
    <>
      <Keys keys="esc" />
      <Dialog.Close asChild>
        <IconButton className="pick-dialog__close" icon={X} label={t.common.close} />
      </Dialog.Close>
    </>
  );
}
