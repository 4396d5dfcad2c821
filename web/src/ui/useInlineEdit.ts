import { type FormEvent, type KeyboardEvent, useState } from "react";

interface InlineEdit {
  busy: boolean;
  /** The last refusal, until something is changed. */
  refused: unknown;
  forgive: () => void;
  onSubmit: (event: FormEvent) => void;
  onKeyDown: (event: KeyboardEvent) => void;
}

/** A form in place of what it changes: Enter saves, Esc leaves it as it was. `save` answers whether there is a fault. */
export function useInlineEdit(save: () => Promise<"faulty" | undefined>, onDone: () => void): InlineEdit {
  const [refused, setRefused] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const submit = async () => {
    if (busy) return;
    setBusy(true);
    try {
      if ((await save()) === undefined) onDone();
      else setBusy(false);
    } catch (error) {
      setRefused(error);
      setBusy(false);
    }
  };
  return {
    busy,
    refused,
    forgive: () => setRefused(undefined),
    onSubmit: (event) => {
      event.preventDefault();
      void submit();
    },
    onKeyDown: (event) => {
      if (event.key !== "Escape" || event.nativeEvent.isComposing) return;
      event.stopPropagation();
      onDone();
    },
  };
}
