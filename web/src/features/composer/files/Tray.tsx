import { AudioLines, FileText, X } from "lucide-react";
import { useRef } from "react";
import { t } from "../../../text/files.ts";
import { fileSize } from "../../../ui/size.ts";
import type { Attached } from "./tray.ts";
import "./Tray.css";

interface TrayProps {
  items: readonly Attached[];
  onRemove: (key: string) => void;
  /** The last one went: the focus goes on. */
  onEmpty: () => void;
}

/** What is attached, above the line. */
export default function Tray({ items, onRemove, onEmpty }: TrayProps) {
  const list = useRef<HTMLUListElement>(null);
  const remove = (key: string, index: number) => {
    onRemove(key);
    if (items.length === 1) return onEmpty();
    // The focus goes to what takes its place.
    const buttons = list.current?.querySelectorAll("button") ?? [];
    (buttons[index + 1] ?? buttons[index - 1])?.focus();
  };
  return (
    <ul className="tray" ref={list} aria-label={t.files.attached}>
      {items.map((item, index) => (
        <li key={item.key} className="tray__tile">
          <button
            type="button"
            className="tray__remove"
            aria-label={t.files.remove(item.file.name)}
            onClick={() => remove(item.key, index)}
          >
            <X />
          </button>
          <div className="tray__face">
            <Face item={item} />
          </div>
          <small className="tray__words ellipsis" dir="auto">
            {item.url === undefined ? item.file.name : fileSize(item.file.blob.size)}
          </small>
        </li>
      ))}
    </ul>
  );
}

function Face({ item: { kind, url, file } }: { item: Attached }) {
  if (url === undefined) return kind === "audio" ? <AudioLines /> : <FileText />;
  if (kind === "image") return <img src={url} alt={file.name} draggable={false} />;
  // The browser paints the first picture of it.
  return <video src={url} muted playsInline preload="metadata" aria-label={file.name} tabIndex={-1} />;
}
