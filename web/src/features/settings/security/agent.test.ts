import { expect, it } from "vitest";
import { deviceOf } from "./agent.ts";
import { groupsOf } from "./text.ts";

const LIKE_GECKO = "AppleWebKit/537.36 (KHTML, like Gecko)";

it.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "desktop", "Firefox", "Linux"],
  [`Mozilla/5.0 (Linux; Android 15) ${LIKE_GECKO} Chrome/140.0.0.0 Mobile Safari/537.36`, "phone", "Chrome", "Android"],
  [
    `Mozilla/5.0 (Windows NT 10.0) ${LIKE_GECKO} Chrome/140.0.0.0 Safari/537.36 Edg/140.0`,
    "desktop",
    "Edge",
    "Windows",
  ],
  [
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "desktop",
    "Safari",
    "macOS",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/604.1",
    "phone",
    "Safari",
    "iPhone",
  ],
  ["curl/8.5.0", "program", "curl", undefined],
  ["", "program", undefined, undefined],
])("reads %j", (agent, kind, browser, system) => {
  expect(deviceOf(agent)).toEqual({ kind, browser, system });
});

it("groups a key by four", () => {
  expect(groupsOf("JBSWY3DPEHPK3P")).toBe("JBSW Y3DP EHPK 3P");
  expect(groupsOf("")).toBe("");
});
