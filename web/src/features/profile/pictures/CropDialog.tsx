import { useEffect, useRef, useState } from "react";
import Cropper from "react-easy-crop";
import "react-easy-crop/react-easy-crop.css";
import { useObjectUrl } from "../../../media/useObjectUrl.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/files.ts";
import { refusal } from "../../../text/refusal.ts";
import { Button } from "../../../ui/Button.tsx";
import { Dialog } from "../../../ui/Dialog.tsx";
import "./CropDialog.css";
import { type Area, cropped } from "./crop.ts";
import { FIELDS, OPERATIONS, type PicturePlace } from "./places.ts";

interface CropDialogProps {
  place: PicturePlace;
  /** What was chosen. */
  picture: File;
  onClose: () => void;
}

/** What of a picture is to be seen; then it is brought to the server. */
export default function CropDialog({ place, picture, onClose }: CropDialogProps) {
  const url = useObjectUrl(picture);
  const [crop, setCrop] = useState({ x: 0, y: 0 });
  const [zoom, setZoom] = useState(1);
  const [image, setImage] = useState<HTMLImageElement>();
  const area = useRef<Area>(undefined);
  const { problem, share, bring } = useBringing(place, onClose);
  const [broken, setBroken] = useState(false);
  const note = broken ? t.files.notAPicture : problem;
  const use = () => {
    if (image !== undefined && area.current !== undefined) bring(image, area.current, picture.type);
  };
  const buttons = (
    <>
      <Button onClick={onClose}>{t.common.cancel}</Button>
      <Button kind="primary" busy={share !== undefined} disabled={image === undefined || broken} onClick={use}>
        {share === undefined ? t.files.use : t.files.uploading(Math.round(share * 100))}
      </Button>
    </>
  );
  return (
    <Dialog open onOpenChange={(open) => open || onClose()} title={t.files.cropPicture} size="lg" footer={buttons}>
      <div className="crop-dialog__stage">
        {url !== undefined && (
          <Cropper
            image={url}
            crop={crop}
            zoom={zoom}
            aspect={place.kind === "cover" ? 2 : 1}
            cropShape={place.kind === "face" && place.groupId === undefined ? "round" : "rect"}
            classes={place.kind === "face" && place.groupId !== undefined ? { cropAreaClassName: PLACE } : {}}
            showGrid={false}
            cropperProps={{ role: "group", "aria-label": t.files.cropHint }}
            mediaProps={{ onError: () => setBroken(true) }}
            // It would write its styles as HTML, which the page's policy forbids.
            disableAutomaticStylesInjection
            setImageRef={(ref) => setImage(ref.current ?? undefined)}
            onCropChange={setCrop}
            onZoomChange={setZoom}
            onCropComplete={(_, pixels) => {
              area.current = pixels;
            }}
          />
        )}
      </div>
      <label className="crop-dialog__zoom">
        {t.files.zoom}
        <input
          type="range"
          min={1}
          max={3}
          step={0.01}
          value={zoom}
          onChange={(event) => setZoom(Number(event.target.value))}
        />
      </label>
      {note === undefined ? (
        <p className="crop-dialog__note">{t.files.cropHint}</p>
      ) : (
        <p className="crop-dialog__note crop-dialog__note--bad" role="alert">
          {note}
        </p>
      )}
    </Dialog>
  );
}

const PLACE = "crop-dialog__place";

/** Brings what was cut out to the server; whoever closes the dialog stops it. `share`: how much is there, 0 to 1. */
function useBringing({ kind, groupId }: PicturePlace, onDone: () => void) {
  const engine = useEngine();
  const [share, setShare] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const over = useRef<AbortController>(undefined);
  useEffect(() => () => over.current?.abort(), []);
  const send = async (image: HTMLImageElement, area: Area, type: string, { signal }: AbortController) => {
    setProblem(undefined);
    setShare(0);
    try {
      const blob = await cropped(image, area, kind, type);
      const { set } = OPERATIONS[kind][groupId === undefined ? "person" : "group"];
      const params = groupId === undefined ? {} : { id: groupId };
      await engine.setImage(set, params, FIELDS[kind], blob, { signal, onProgress: setShare });
      onDone();
    } catch (error) {
      if (signal.aborted) return;
      setShare(undefined);
      setProblem(refusal(error));
    }
  };
  const bring = (image: HTMLImageElement, area: Area, type: string) => {
    over.current = new AbortController();
    void send(image, area, type, over.current);
  };
  return { share, problem, bring };
}
