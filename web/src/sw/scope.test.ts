import { expect, it } from "vitest";
import { isRoute } from "./scope.ts";

it("keeps to the pages of the client", () => {
  for (const path of [
    "/",
    "/c/1",
    "/g/1",
    "/join",
    "/u/1",
    "/settings",
    "/settings/privacy",
    "/docs/rest/user.get",
    "/oidc",
    "/signup",
    "/archived",
  ]) {
    expect(isRoute(path), path).toBe(true);
  }
  for (const path of ["/api/docs", "/dev/mail", "/ws", "/openapi.json", "/assets/a.js", "/docsy", "/requests/1"]) {
    expect(isRoute(path), path).toBe(false);
  }
});
