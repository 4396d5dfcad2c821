import { X } from "lucide-react";
import { Dialog } from "radix-ui";
import { type ReactNode, useEffect, useRef } from "react";
import { focusPage } from "../../../app/focus.ts";
import { t } from "../../../text/index.ts";
import { IconButton } from "../../../ui/IconButton.tsx";
import { Keys } from "../../../ui/Keys.tsx";
import { useFocusReturn } from "../../../ui/useFocusReturn.ts";
import "./PickDialog.css";

interface PickDialogProps {
  title: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** Whether the focus goes back to where it was; asked at the end. */
  returns?: () => boolean;
  children: ReactNode;
}

/** The dialog around a {@link PickBox}: near the top of the page, and all of a narrow one. */
export function PickDialog({ title, open, onOpenChange, returns, children }: PickDialogProps) {
  const focus = useFocusReturn();
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog__veil pick-dialog__veil">
          <Dialog.Content
            className="pick-dialog"
            aria-describedby={undefined}
            onOpenAutoFocus={focus.onOpenAutoFocus}
            onCloseAutoFocus={(event) => {
              if (returns?.() !== false) return focus.onCloseAutoFocus(event);
              event.preventDefault();
              focusPage();
            }}
          >
            <Dialog.Title className="visually-hidden">{title}</Dialog.Title>
            {children}
          </Dialog.Content>
        </Dialog.Overlay>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

/** Whether something was picked: then what it led to takes the focus, and it does not go back. */
export function usePicked(open: boolean): { picked: () => void; returns: () => boolean } {
  const done = useRef(false);
  useEffect(() => {
    if (open) done.current = false;
  }, [open]);
  return {
    picked: () => {
      done.current = true;
    },
    returns: () => !done.current,
  };
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
