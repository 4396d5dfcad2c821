import { lazy, Suspense } from "react";
import "./EmojiPicker.css";

export interface EmojiPickerProps {
  /** `stay`: picked with Shift held, to pick another one. */
  onPick: (emoji: string, stay: boolean) => void;
}

const Loaded = lazy(() => import("./EmojiPickerLoaded.tsx"));

/** All emoji, with search. Its code and data come when it is opened for the first time; its place is there at once. */
export function EmojiPicker({ onPick }: EmojiPickerProps) {
  return (
    <div className="emoji-picker">
      <Suspense>
        <Loaded onPick={onPick} />
      </Suspense>
    </div>
  );
}
