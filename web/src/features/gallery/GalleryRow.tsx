import { Images } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { t } from "../../text/media.ts";
import { DetailsRow } from "../profile/DetailsRows.tsx";

const GalleryDialog = lazy(() => import("./GalleryDialog.tsx"));

/** The way to what was sent in a conversation, in its details. */
export function GalleryRow({ conversationId }: { conversationId: string }) {
  const [open, setOpen] = useState(false);
  return (
    <div className="person-block">
      <DetailsRow icon={Images} label={t.media.gallery} onClick={() => setOpen(true)} />
      <Suspense>{open && <GalleryDialog conversationId={conversationId} onClose={() => setOpen(false)} />}</Suspense>
    </div>
  );
}
