import { Copy } from "lucide-react";
import { useMemo } from "react";
import { t } from "../../text/developer.ts";
import { copyText } from "../../ui/copy.ts";
import { IconButton } from "../../ui/IconButton.tsx";
import "./CodePanel.css";
import { tokens } from "./tokens.ts";

export interface CodePanelProps {
  code: string;
  /** What it is; without it there is no head, and the copy button floats. */
  title?: string;
}

/** Above it colours cost more than they help. */
const MOST = 40_000;

/** A piece of code that can be copied. */
export function CodePanel({ code, title = "" }: CodePanelProps) {
  const copy = <IconButton size="sm" icon={Copy} label={t.developer.copyCode} onClick={() => void copyText(code)} />;
  return (
    <div className={title === "" ? "code-panel code-panel--bare" : "code-panel"}>
      <div className="code-panel__head">
        <span>{title}</span>
        {copy}
      </div>
      <Code code={code} />
    </div>
  );
}

/** Code in the colours of its pieces. */
export function Code({ code }: { code: string }) {
  const pieces = useMemo(() => (code.length > MOST ? [{ kind: "plain" as const, text: code }] : tokens(code)), [code]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by the keyboard.
    <pre className="code" dir="ltr" tabIndex={0}>
      {pieces.map(({ kind, text }, at) =>
        kind === "plain" ? (
          text
        ) : (
          <span key={String(at)} className={`code__${kind}`}>
            {text}
          </span>
        ),
      )}
    </pre>
  );
}
