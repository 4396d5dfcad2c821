import type { ReactNode } from "react";
import type { File, Message } from "../../../api/types.ts";
import { useView } from "../context.ts";
import { FileCard } from "./FileCard.tsx";
import { Photo } from "./Photo.tsx";
import { VideoBody } from "./VideoBody.tsx";
import { VoiceNote } from "./VoiceNote.tsx";

export interface FileBodyProps {
  message: Message & { file: File };
  /** Time and ticks, where they stand in it. */
  meta: ReactNode;
}

/** The file of a message, by what it is. */
export function FileBody({ message, meta }: FileBodyProps) {
  const { trusted } = useView();
  switch (message.type) {
    case "image":
      return <Photo message={message} />;
    case "video":
      return <VideoBody message={message} />;
    case "audio":
      return <VoiceNote message={message} meta={meta} trusted={trusted} tabIndex={-1} />;
    default:
      return <FileCard message={message} meta={meta} />;
  }
}
