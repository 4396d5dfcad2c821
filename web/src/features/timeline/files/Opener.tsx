import type { ReactNode } from "react";
import { useView } from "../context.ts";
import { frameOf } from "../shownSize.ts";
import { NotYet } from "./NotYet.tsx";
import type { PictureMessage } from "./show.ts";
import "./Photo.css";

interface OpenerProps {
  message: PictureMessage;
  label: string;
  onOpen(): void;
  still: ReactNode;
  /** What stands on it where it can be opened. */
  children?: ReactNode;
}

/** A picture in its own shape, opened by a click; while a message request waits nothing is. */
export function Opener({ message: { id, file }, label, onOpen, still, children }: OpenerProps) {
  const { trusted } = useView();
  if (!trusted) {
    return (
      <div className="photo" style={frameOf(file)}>
        {still}
        <NotYet />
      </div>
    );
  }
  return (
    <button
      type="button"
      tabIndex={-1}
      className="photo"
      style={frameOf(file)}
      aria-label={label}
      data-open={id}
      onClick={onOpen}
    >
      {still}
      {children}
    </button>
  );
}
