import { ArrowUp, Mic, Plus, Smile } from "lucide-react";
import { lazy, type MouseEvent, Suspense, useRef, useState } from "react";
import { t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import { useHotkey } from "../../ui/useHotkey.ts";

const EmojiPopover = lazy(() => import("./EmojiPopover.tsx"));

/** Files to be sent with what is written. */
export function AttachButton({ onAttach, onDone }: { onAttach: (files: readonly File[]) => void; onDone: () => void }) {
  const input = useRef<HTMLInputElement>(null);
  const choose = () => input.current?.click();
  useHotkey("mod+o", choose);
  return (
    <>
      <IconButton
        className="composer__attach"
        icon={Plus}
        label={t.conversation.attach}
        shortcut="mod+o"
        onClick={choose}
      />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={({ target }) => {
          onAttach([...(target.files ?? [])]);
          // The same file can be chosen again.
          target.value = "";
          onDone();
        }}
      />
    </>
  );
}

/** The choice of an emoji. */
export function EmojiButton({ onPick, onClose }: { onPick: (emoji: string) => void; onClose: () => void }) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLSpanElement>(null);
  return (
    <span ref={button}>
      <IconButton
        icon={Smile}
        label={t.conversation.emoji}
        aria-haspopup="dialog"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      />
      {open && (
        <Suspense>
          <EmojiPopover at={button} onPick={onPick} onEnd={() => setOpen(false)} onClosed={onClose} />
        </Suspense>
      )}
    </span>
  );
}

interface MainButtonProps {
  /** There is nothing to send: it is the microphone. */
  records: boolean;
  ready: boolean;
  label: string;
  onRecord: () => void;
  onSend: () => void;
}

/** The one at the end of the line. */
export function MainButton({ records, ready, label, onRecord, onSend }: MainButtonProps) {
  if (records && canRecord()) {
    // The second click of two on the button that sent is none on this one.
    const record = (event: MouseEvent) => event.detail < 2 && onRecord();
    return <IconButton key="record" icon={Mic} label={t.conversation.record} onClick={record} />;
  }
  return (
    <IconButton
      key="send"
      icon={ArrowUp}
      label={label}
      shortcut="enter"
      className={cx("composer__send", !ready && "composer__send--off")}
      aria-disabled={!ready}
      onClick={onSend}
    />
  );
}

/** Browsers have a microphone for pages that came safely alone. */
function canRecord(): boolean {
  return "MediaRecorder" in window && navigator.mediaDevices !== undefined;
}
