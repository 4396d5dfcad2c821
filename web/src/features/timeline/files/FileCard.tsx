import {
  Download,
  FileArchive,
  FileImage,
  FileMusic,
  FileSpreadsheet,
  FileText,
  FileVideo,
  type LucideIcon,
  File as Plain,
  Presentation,
} from "lucide-react";
import type { ComponentProps, MouseEvent, ReactNode } from "react";
import type { File, Message } from "../../../api/types.ts";
import { download } from "../../../media/download.ts";
import { filesOf } from "../../../media/files.ts";
import { useEngine } from "../../../session/session.ts";
import { t } from "../../../text/media.ts";
import { fileSize } from "../../../ui/size.ts";
import { useView } from "../context.ts";
import { cutName, type FileKind, kindOf } from "./names.ts";
import "./FileCard.css";

const ICONS: Record<FileKind, LucideIcon> = {
  pdf: FileText,
  word: FileText,
  excel: FileSpreadsheet,
  slides: Presentation,
  text: FileText,
  csv: FileSpreadsheet,
  zip: FileArchive,
  image: FileImage,
  audio: FileMusic,
  video: FileVideo,
  file: Plain,
};

/** A file that is to be opened elsewhere: what it is, and a way to have it. */
export function FileCard({ message: { id, file }, meta }: { message: Message & { file: File }; meta: ReactNode }) {
  const { trusted } = useView();
  return (
    <CardShape
      {...file}
      detail={<bdi>{`${fileSize(file.size)} · ${t.media.kinds[kindOf(file.mimeType)]}`}</bdi>}
      meta={meta}
      act={trusted && <DownloadLink file={file} className="file-card__act" tabIndex={-1} data-open={id} />}
    />
  );
}

interface CardShapeProps extends Pick<File, "name" | "mimeType"> {
  detail: ReactNode;
  meta: ReactNode;
  act: ReactNode;
}

export function CardShape({ name, mimeType, detail, meta, act }: CardShapeProps) {
  const Icon = ICONS[kindOf(mimeType)];
  const { stem, ending } = cutName(name);
  return (
    <div className="file-card">
      <span className="file-card__icon">
        <Icon aria-hidden="true" />
      </span>
      <span className="file-card__name">
        <bdi className="ellipsis">{stem}</bdi>
        <bdi dir="ltr">{ending}</bdi>
      </span>
      {act}
      <span className="file-card__line">
        {detail}
        {meta}
      </span>
    </div>
  );
}

interface DownloadLinkProps extends ComponentProps<"a"> {
  file: File;
}

/** A link that has a file saved; where it has ended another one is fetched first. */
export function DownloadLink({ file, ...rest }: DownloadLinkProps) {
  const engine = useEngine();
  const files = filesOf(engine);
  const current = files.current(file);
  const onClick = (event: MouseEvent) => {
    if (files.opens(current)) return;
    event.preventDefault();
    void download(engine, file);
  };
  return (
    <a {...rest} href={current.url} download={file.name} aria-label={t.media.download(file.name)} onClick={onClick}>
      <Download />
    </a>
  );
}
