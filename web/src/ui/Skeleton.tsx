import { t } from "../text/index.ts";
import "./Skeleton.css";

/** Rows of a list that is on its way. */
export function Skeleton({ rows }: { rows: number }) {
  return (
    <div className="skeleton" role="status" aria-label={t.common.loading}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike and never move.
        <div className="skeleton__row" key={row} aria-hidden="true">
          <span className="skeleton__avatar" />
          <span className="skeleton__name" />
          <span className="skeleton__text" />
        </div>
      ))}
    </div>
  );
}
