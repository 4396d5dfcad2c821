import { AlertDialog } from "radix-ui";
import { useRef } from "react";
import { create } from "zustand";
import { t } from "../text/index.ts";
import { Button } from "./Button.tsx";
import "./Dialog.css";
import { useFocusReturn } from "./useFocusReturn.ts";

export interface Question {
  title: string;
  text: string;
  /** What the button does, as "Unsend". */
  verb: string;
  danger?: boolean;
}

interface Asked extends Question {
  answer: (yes: boolean) => void;
}

const useAsked = create<{ open: boolean; asked: Asked | null }>(() => ({ open: false, asked: null }));

/** Ask before something that cannot be undone. A second question answers the first with no. */
export function confirm(question: Question): Promise<boolean> {
  useAsked.getState().asked?.answer(false);
  return new Promise((answer) => useAsked.setState({ open: true, asked: { ...question, answer } }));
}

/** Where the questions appear. Once in the application. */
export function ConfirmHost() {
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
