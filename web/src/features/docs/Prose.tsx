import { Hash } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { t } from "../../text/developer.ts";
import { CodePanel } from "./CodePanel.tsx";
import { useLinks } from "./links.ts";
import { docsPath } from "./places.ts";
import { type Block, type Inline, inline, parse } from "./rst.ts";
import "./Prose.css";

/** Text of a guide or of the contract. */
export function Prose({ blocks }: { blocks: readonly Block[] }) {
  // They are made once and never move.
  return blocks.map((block, at) => <BlockView key={String(at)} block={block} />);
}

/** A text of the contract. */
export function ContractText({ text }: { text: string }) {
  return <Prose blocks={parse(text)} />;
}

/** One line of it. */
export function ContractLine({ text }: { text: string }) {
  return <Line inlines={inline(text.replace(/\s+/g, " "))} />;
}

function BlockView({ block }: { block: Block }) {
  switch (block.kind) {
    case "heading":
      return <Heading level={block.level} id={block.id} text={block.text} />;
    case "paragraph":
      return (
        <p>
          <Line inlines={block.inline} />
        </p>
      );
    case "code":
      return <CodePanel code={block.text} title={block.language} />;
    case "list":
      return <List ordered={block.ordered} items={block.items} />;
    case "definitions":
      return (
        <dl>
          {block.items.map(({ term, blocks }, at) => (
            <div key={String(at)}>
              <dt>
                <Line inlines={term} />
              </dt>
              <dd>
                <Prose blocks={blocks} />
              </dd>
            </div>
          ))}
        </dl>
      );
    case "table":
      return <Table head={block.head} rows={block.rows} />;
  }
}

export function Heading({ level, id, text }: { level: number; id: string; text: string }) {
  const Tag = level <= 2 ? "h2" : "h3";
  return (
    <Tag id={id} className="prose__heading">
      {text}
      <a href={`#${id}`} aria-label={t.developer.linkHere(text)}>
        <Hash />
      </a>
    </Tag>
  );
}

function List({ ordered, items }: { ordered: boolean; items: readonly Block[][] }) {
  const inside = items.map((blocks, at) => (
    <li key={String(at)}>
      <Prose blocks={blocks} />
    </li>
  ));
  return ordered ? <ol>{inside}</ol> : <ul>{inside}</ul>;
}

function Table({ head, rows }: { head: readonly Inline[][]; rows: readonly Inline[][][] }) {
  return (
    <ScrollTable>
      {head.length > 0 && (
        <thead>
          <tr>
            {head.map((cell, at) => (
              <th key={String(at)} scope="col">
                <Line inlines={cell} />
              </th>
            ))}
          </tr>
        </thead>
      )}
      <tbody>
        {rows.map((row, at) => (
          <tr key={String(at)}>
            {row.map((cell, column) => (
              <td key={String(column)}>
                <Line inlines={cell} />
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** A table that scrolls for itself where it does not fit. */
export function ScrollTable({ children }: { children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways has to be reached by the keyboard.
    <div className="prose__table" tabIndex={0}>
      <table>{children}</table>
    </div>
  );
}

function Line({ inlines }: { inlines: readonly Inline[] }) {
  return inlines.map((each, at) => <Piece key={String(at)} piece={each} />);
}

function Piece({ piece }: { piece: Inline }): ReactNode {
  const links = useLinks();
  switch (piece.kind) {
    case "text":
      return <Names text={piece.text} />;
    case "code": {
      const path = links.get(piece.text);
      const code = <code>{piece.text}</code>;
      return path === undefined ? code : <Link href={path}>{code}</Link>;
    }
    case "strong":
      return <strong>{piece.text}</strong>;
    case "emphasis":
      return <em>{piece.text}</em>;
    case "link":
      return (
        <a href={piece.href} target="_blank" rel="noopener noreferrer">
          {piece.text}
        </a>
      );
    case "doc":
      return <Link href={docsPath({ kind: "guide", id: piece.target })}>{piece.target}</Link>;
  }
}

/** Names of operations and events are written without marks in the contract, as user.update. */
function Names({ text }: { text: string }) {
  const links = useLinks();
  return text.split(/(\b(?:docs\/)?[a-z_/]+\.[a-z_]+\b)/).map((part, at) => {
    const path = at % 2 === 1 ? links.get(part) : undefined;
    return path === undefined ? (
      part
    ) : (
      <Link key={String(at)} href={path}>
        {part}
      </Link>
    );
  });
}
