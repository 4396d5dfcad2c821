import { previewOf } from "../../../media/previews.ts";
import { t } from "../../../text/media.ts";
import { useView } from "../context.ts";
import { shownSize } from "../shownSize.ts";
import { Opener } from "./Opener.tsx";
import { Still } from "./Still.tsx";
import { type PictureMessage, useShowPicture } from "./show.ts";

/** A picture in its own shape. A click shows it large. */
export function Photo({ message }: { message: PictureMessage }) {
  const { trusted } = useView();
  const show = useShowPicture();
  const { file, clientId } = message;
  const { width, height } = shownSize(file);
  const still = <Still file={file} side={Math.max(width, height)} wanted={trusted} local={previewOf(clientId)} />;
  return (
    <Opener message={message} label={t.media.openThis.photo} onOpen={() => show(message)} still={still}>
      {file.mimeType === "image/gif" && <span className="photo__badge">{t.media.moving}</span>}
    </Opener>
  );
}
