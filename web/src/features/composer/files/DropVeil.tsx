import { useEffect, useState } from "react";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/files.ts";
import { fileSize } from "../../../ui/size.ts";
import { limitOf } from "./adding.ts";
import "./DropVeil.css";

/** Above a conversation while files are held over it. */
export default function DropVeil() {
  const engine = useEngine();
  const [limit, setLimit] = useState<number>();
  useEffect(() => void limitOf(engine).then(setLimit), [engine]);
  return (
    <div className="drop-veil">
      <b>{t.files.dropTitle}</b>
      {limit !== undefined && <span>{t.files.dropText(fileSize(limit))}</span>}
    </div>
  );
}
