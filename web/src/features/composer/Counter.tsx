import { CircleAlert } from "lucide-react";
import { locale, t } from "../../text/index.ts";
import { cx } from "../../ui/cx.ts";

/** Characters of a message, as the server counts them. */
export const LIMIT = 8000;
const NEAR = 7500;

const number = new Intl.NumberFormat(locale);

/** How much is left of a long text, or by how much it is too long. */
export function Counter({ length }: { length: number }) {
  if (length <= NEAR) return null;
  const over = length > LIMIT;
  return (
    <p
      className={cx("composer__note composer__note--end", over && "composer__note--bad")}
      role={over ? "alert" : undefined}
    >
      {over && <CircleAlert />}
      {over
        ? t.conversation.over(number.format(length - LIMIT), number.format(LIMIT))
        : t.conversation.left(number.format(LIMIT - length))}
    </p>
  );
}
