import { Dialog as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx.ts";
import "./Dialog.css";
import { useFocusReturn } from "./useFocusReturn.ts";

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  /** `lg` for pickers: they fill a narrow screen. */
  size?: "md" | "lg";
  children?: ReactNode;
  /** The buttons: Cancel, then the verb. */
  footer?: ReactNode;
  /** Whether the focus goes back to where it was; asked at the end. Else what the dialog led to has it. */
  returns?: () => boolean;
}

/** Esc and the veil close it, and the focus goes back to where it was. */
export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  size = "md",
  children,
  footer,
  returns,
}: DialogProps) {
  const focus = useFocusReturn();
  const close = (event: Event) => (returns?.() === false ? event.preventDefault() : focus.onCloseAutoFocus(event));
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="dialog__veil">
          <Radix.Content
            className={cx("dialog", `dialog--${size}`)}
            onOpenAutoFocus={focus.onOpenAutoFocus}
            onCloseAutoFocus={close}
            {...(description ? {} : { "aria-describedby": undefined })}
          >
            <Radix.Title className="dialog__title" dir="auto">
              {title}
            </Radix.Title>
            {description && (
              <Radix.Description className="dialog__text" dir="auto">
                {description}
              </Radix.Description>
            )}
            {children && <div className="dialog__body">{children}</div>}
            {footer && <div className="dialog__buttons">{footer}</div>}
          </Radix.Content>
        </Radix.Overlay>
      </Radix.Portal>
    </Radix.Root>
  );
}
