import { Camera, ImageUp, Trash2 } from "lucide-react";
import { lazy, type ReactElement, Suspense, useRef, useState } from "react";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/files.ts";
import { refusal } from "../../../text/refusal.ts";
import { confirm } from "../../../ui/confirm.tsx";
import { IconButton } from "../../../ui/IconButton.tsx";
import { Menu, type MenuItem } from "../../../ui/Menu.tsx";
import { toast } from "../../../ui/toast.tsx";
import "./PictureMenu.css";
import { OPERATIONS, type PicturePlace } from "./places.ts";

const CropDialog = lazy(() => import("./CropDialog.tsx"));

export interface Changeable {
  place: PicturePlace;
  /** There is one, that can be removed. */
  has: boolean;
}

interface PictureMenuProps {
  of: readonly Changeable[];
  /** As a round button on a face, or with words on a cover. */
  look: "round" | "words";
}

/** The button that changes pictures: at once where there is nothing else to do, else with a choice. */
export function PictureMenu({ of, look }: PictureMenuProps) {
  const input = useRef<HTMLInputElement>(null);
  const [place, setPlace] = useState<PicturePlace>();
  const [picture, setPicture] = useState<File>();
  const remove = useRemoving();
  const choose = (chosen: PicturePlace) => {
    setPlace(chosen);
    input.current?.click();
  };
  const items = of.flatMap(({ place: each, has }): MenuItem[] => [
    { label: changeWords(each, has), icon: ImageUp, onSelect: () => choose(each) },
    ...(has ? [{ label: removeWords(each), icon: Trash2, danger: true, onSelect: () => remove(each) }] : []),
  ]);
  const [first] = of;
  const alone = items.length === 1 && first !== undefined;
  const label = of.length === 1 && first ? changeWords(first.place, first.has) : t.files.changePictures;
  const button = trigger(look, label, alone ? () => choose(first.place) : undefined);
  return (
    <span className="picture-menu">
      {alone ? button : <Menu trigger={button} items={items} />}
      <input
        ref={input}
        type="file"
        hidden
        accept="image/jpeg,image/png,image/gif,image/webp,image/avif"
        onChange={({ target }) => {
          setPicture(target.files?.[0]);
          target.value = "";
        }}
      />
      <Suspense>
        {place && picture && <CropDialog place={place} picture={picture} onClose={() => setPicture(undefined)} />}
      </Suspense>
    </span>
  );
}

function trigger(look: "round" | "words", label: string, onClick: (() => void) | undefined): ReactElement {
  if (look === "round")
    return <IconButton className="picture-menu__round" icon={Camera} label={label} onClick={onClick} />;
  return (
    <button type="button" className="picture-menu__words" onClick={onClick}>
      <Camera />
      {label}
    </button>
  );
}

function changeWords({ kind }: PicturePlace, has: boolean): string {
  if (kind === "face") return t.files.changePicture;
  return has ? t.files.changeCover : t.files.addCover;
}

function removeWords({ kind }: PicturePlace): string {
  return kind === "face" ? t.files.removePicture : t.files.removeCover;
}

/** Asks, and has a picture go. */
function useRemoving(): (place: PicturePlace) => void {
  const engine = useEngine();
  const remove = async ({ kind, groupId }: PicturePlace) => {
    const text = groupId === undefined ? t.files.removePictureText : t.files.removeGroupPictureText;
    const question =
      kind === "face"
        ? { title: t.files.removePictureTitle, text }
        : { title: t.files.removeCoverTitle, text: t.files.removeCoverText };
    if (!(await confirm({ ...question, verb: t.files.removeVerb, danger: true }))) return;
    if (groupId === undefined) {
      await engine.call(OPERATIONS[kind].person.remove, {});
      // Nobody tells this tab what it did itself.
      await engine.call("user.me", {});
    } else await engine.call(OPERATIONS[kind].group.remove, { id: groupId });
  };
  return (place) => void remove(place).catch((error: unknown) => toast(refusal(error)));
}
