import { useEffect, useRef, useState } from "react";
import { Button, type ButtonProps } from "../../ui/Button.tsx";

export interface ActButtonProps extends Omit<ButtonProps, "onClick" | "busy"> {
  act: () => Promise<unknown>;
}

/** A button that is busy until what it began is done. */
export function ActButton({ act, ...rest }: ActButtonProps) {
  const [busy, setBusy] = useState(false);
  const there = useRef(true);
  useEffect(() => {
    there.current = true;
    return () => {
      there.current = false;
    };
  }, []);
  const run = async () => {
    setBusy(true);
    try {
      await act();
    } finally {
      if (there.current) setBusy(false);
    }
  };
  return <Button {...rest} busy={busy} onClick={() => void run()} />;
}
