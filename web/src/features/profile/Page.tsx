import { type ReactNode, useEffect, useId, useRef } from "react";
import { cx } from "../../ui/cx.ts";
import "./Page.css";

export interface PageProps {
  title: string;
  /** Before the title, as the way back. */
  back?: ReactNode;
  /** At the end of the title's line. */
  actions?: ReactNode;
  /** Wider than a form. */
  wide?: boolean;
  /** Whether the title takes the focus: when the page takes the place of what had it. */
  focusTitle?: boolean;
  children: ReactNode;
}

/** A column with a head, as of the friends and the settings. */
export function Page({ title, back, actions, wide = false, focusTitle = false, children }: PageProps) {
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focusTitle) head.current?.focus({ preventScroll: true });
  }, [focusTitle]);
  return (
    <div className={cx("page", wide && "page--wide")}>
      <header className="page__head">
        {back}
        <h1 className="page__title" ref={head} tabIndex={-1}>
          {title}
        </h1>
        {actions}
      </header>
      {children}
    </div>
  );
}

export interface SectionProps {
  title: string;
  /** How many there are in it. */
  count?: string;
  text?: string;
  children: ReactNode;
}

/** A part of a page: its title above, one card below. */
export function Section({ title, count, text, children }: SectionProps) {
  const id = useId();
  return (
    <section className="section" aria-labelledby={id}>
      <h2 className="section__title" id={id}>
        {title} {count !== undefined && <span className="section__count">{count}</span>}
      </h2>
      {text !== undefined && <p className="section__text">{text}</p>}
      {children}
    </section>
  );
}
