import { AlertDialog } from "radix-ui";
import { useRef } from "react";
import { t } from "../text/index.ts";
import { Button } from "./Button.tsx";
import { useAsked } from "./confirm.tsx";
import "./Dialog.css";
import { useFocusReturn } from "./useFocusReturn.ts";

/** A question, while there is one. */
export default function ConfirmDialog() {
  const { open, asked } = useAsked();
  const cancel = useRef<HTMLButtonElement>(null);
  const focus = useFocusReturn(cancel);
  const end = (yes: boolean) => {
    asked?.answer(yes);
    useAsked.setState({ open: false });
  };
  return (
    <AlertDialog.Root open={open} onOpenChange={(next) => next || end(false)}>
      <AlertDialog.Portal>
        <AlertDialog.Overlay
          className="dialog__veil"
          onClick={(event) => event.target === event.currentTarget && end(false)}
        >
          <AlertDialog.Content className="dialog" {...focus}>
            <AlertDialog.Title className="dialog__title" dir="auto">
              {asked?.title}
            </AlertDialog.Title>
            <AlertDialog.Description className="dialog__text" dir="auto">
              {asked?.text}
            </AlertDialog.Description>
            <div className="dialog__buttons">
              <AlertDialog.Cancel asChild>
                <Button ref={cancel}>{t.common.cancel}</Button>
              </AlertDialog.Cancel>
              <Button kind={asked?.danger ? "danger" : "primary"} onClick={() => end(true)}>
                {asked?.verb}
              </Button>
            </div>
          </AlertDialog.Content>
        </AlertDialog.Overlay>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
