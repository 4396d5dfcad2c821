import { t } from "../../../text/index.ts";
import { Avatar } from "../../../ui/Avatar.tsx";
import { Count } from "../../../ui/Count.tsx";
import { cx } from "../../../ui/cx.ts";
import { Keys } from "../../../ui/Keys.tsx";
import { Tag } from "../../../ui/Tag.tsx";
import { Marked } from "./Marked.tsx";
import type { Pick } from "./PickBox.tsx";

interface PickOptionProps {
  id: string;
  at: number;
  pick: Pick;
  query: string;
  chosen: boolean;
  /** The pointer is here. */
  onPoint: () => void;
}

export function PickOption({ id, at, pick, query, chosen, onPoint }: PickOptionProps) {
  const { name, face, icon: Icon, hint, unread, run } = pick;
  return (
    // The focus stays in the field, whose keys are the keys of the list.
    // biome-ignore lint/a11y/useKeyWithClickEvents: see above
    // biome-ignore lint/a11y/useFocusableInteractive: see above
    <div
      id={id}
      data-at={at}
      role="option"
      aria-selected={chosen}
      className={cx("pick-option", chosen && "pick-option--chosen")}
      onPointerMove={() => chosen || onPoint()}
      onMouseDown={(event) => event.preventDefault()}
      onClick={run}
    >
      {face && (
        <Avatar size={32} id={face.id} name={face.name} src={face.src} kind={face.kind} presence={face.presence} />
      )}
      {Icon && (
        <span className="pick-option__icon">
          <Icon aria-hidden="true" />
        </span>
      )}
      <span className="pick-option__words">
        <bdi className="pick-option__name">{face ? <Marked text={name} query={query} /> : name}</bdi>
        {face?.tag !== undefined && <Tag>{face.tag}</Tag>}
        {hint !== undefined && <bdi className="pick-option__hint">{hint}</bdi>}
        {face?.presence && <span className="visually-hidden">{t.common[face.presence]}</span>}
      </span>
      {unread && unread.count !== "" && (
        <>
          <span className="visually-hidden">{t.chats.unread(unread.count)}</span>
          <span aria-hidden="true">
            <Count value={unread.count} kind={unread.muted ? "muted" : "spark"} />
          </span>
        </>
      )}
      {chosen && <Keys keys="enter" />}
    </div>
  );
}
