import { type FormEvent, type ReactNode, useId } from "react";
import { t } from "../../../text/index.ts";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";

export interface FormDialogProps {
  title: string;
  text?: string;
  verb: string;
  danger?: boolean;
  busy: boolean;
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
}

/** A form in a dialog that is open as long as it is there. Enter sends it. */
export function FormDialog({ title, text, verb, danger, busy, onClose, onSubmit, children }: FormDialogProps) {
  const form = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // A dialog stands in the tree of the page: the forms around it are not meant.
    event.stopPropagation();
    onSubmit();
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => open || onClose()}
      title={title}
      description={text}
      footer={
        <>
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button kind={danger ? "danger" : "primary"} type="submit" form={form} busy={busy}>
            {verb}
          </Button>
        </>
      }
    >
      <form id={form} className="security__form" onSubmit={submit} noValidate>
        {children}
      </form>
    </Dialog>
  );
}
