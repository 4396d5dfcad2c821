import { previewOf } from "../../../media/previews.ts";
import { t } from "../../../text/media.ts";
import { useView } from "../context.ts";
import { frameOf, shownSize } from "../shownSize.ts";
import { NotYet } from "./NotYet.tsx";
import { Still } from "./Still.tsx";
import { type PictureMessage, useShowPicture } from "./show.ts";
import "./Photo.css";

/** A picture in its own shape. A click shows it large. */
export function Photo({ message }: { message: PictureMessage }) {
  const { trusted } = useView();
  const show = useShowPicture();
  const { file, clientId } = message;
  const { width, height } = shownSize(file);
  const still = <Still file={file} side={Math.max(width, height)} wanted={trusted} local={previewOf(clientId)} />;
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
      aria-label={t.media.openThis.photo}
      data-open={message.id}
      onClick={() => show(message)}
    >
      {still}
      {file.mimeType === "image/gif" && <span className="photo__badge">{t.media.moving}</span>}
    </button>
  );
}
