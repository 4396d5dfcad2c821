import type { Appearance } from "../../theme/appearance.ts";

/** What the browser says about notifications; `none`: it has none. */
export type Permission = NotificationPermission | "none";

/** How the switch of notifications stands: only what is allowed can be on, and only what is not refused can change. */
export function notifying(
  permission: Permission,
  notify: Appearance["notify"],
): { on: boolean; fixed: boolean; why: "allowed" | "notAsked" | "denied" | "notPossible" } {
  switch (permission) {
    case "granted":
      return { on: notify === "on", fixed: false, why: "allowed" };
    case "default":
      return { on: false, fixed: false, why: "notAsked" };
    case "denied":
      return { on: false, fixed: true, why: "denied" };
    case "none":
      return { on: false, fixed: true, why: "notPossible" };
  }
}
