import { CircleAlert } from "lucide-react";
import { locale, t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";

/** Characters of a message, as the server counts them. */
export const LIMIT = 8000;
/** And of what stands below files. */
export const CAPTION_LIMIT = 2000;
/** From so many left on they are counted. */
const NEAR = 500;

const number = new Intl.NumberFormat(locale);

/** How much is left of a long text, or by how much it is too long. */
export function Counter({ length, limit }: { length: number; limit: number }) {
  if (length <= limit - NEAR) return null;
  const over = length > limit;
  return (
    <p
      className={cx("composer__note composer__note--end", over && "composer__note--bad")}
      role={over ? "alert" : undefined}
    >
      {over && <CircleAlert />}
      {over
        ? t.conversation.over(number.format(length - limit), number.format(limit))
        : t.conversation.left(number.format(limit - length))}
    </p>
  );
}
