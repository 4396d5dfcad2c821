import type { ComponentProps } from "react";

/** What looks like a link and stays on the page. */
export function TextButton(props: Omit<ComponentProps<"button">, "type" | "className">) {
  return <button {...props} type="button" className="auth-form__link" />;
}
