import { BellOff, Pin } from "lucide-react";
import type { ComponentProps } from "react";
import { Link } from "wouter";
import { Avatar } from "../../../ui/Avatar.tsx";
import { Count } from "../../../ui/Count.tsx";
import { cx } from "../../../ui/cx.ts";
import { Tag } from "../../../ui/Tag.tsx";
import { Time } from "../../../ui/Time.tsx";
import { Marked } from "../pick/Marked.tsx";
import { type RowView, spoken } from "../view.ts";
import "./ChatRow.css";
import { RowLine } from "./RowLine.tsx";

export interface ChatRowProps extends Omit<ComponentProps<"a">, "href" | "className"> {
  view: RowView;
  /** Whether it is the conversation beside the list. */
  open: boolean;
  /** What of the name was looked for. */
  query?: string;
}

/** One chat of the list. */
export function ChatRow({ view, open, query = "", ...rest }: ChatRowProps) {
  const unread = view.unread !== "";
  return (
    <Link
      {...rest}
      href={view.href}
      className={cx("chat-row", open && "chat-row--open", unread && !view.muted && "chat-row--unread")}
      aria-current={open ? "true" : undefined}
    >
      <Avatar size={46} id={view.id} name={view.name} src={view.src} kind={view.kind} presence={view.presence} />
      <span className="chat-row__words">
        <span className="visually-hidden">{[...spoken(view), ""].join(", ")}</span>
        <span className="chat-row__name" aria-hidden="true">
          <bdi className="chat-row__title">
            <Marked text={view.name} query={query} />
          </bdi>
          {view.tag !== undefined && <Tag>{view.tag}</Tag>}
        </span>
        <span className="chat-row__line">
          <RowLine line={view.line} />
        </span>
      </span>
      <span className="chat-row__end">
        <Time at={view.at} style="list" />
        <span className="chat-row__marks" aria-hidden="true">
          {view.pinned && <Pin />}
          {view.muted && <BellOff />}
          {view.mentioned && <Count value="@" />}
          {unread && <Count value={view.unread} kind={view.muted ? "muted" : "spark"} />}
        </span>
      </span>
    </Link>
  );
}
