import { expect, it } from "vitest";
import { snippetParts } from "./snippet.ts";

it("tells hits from the rest", () => {
  expect(snippetParts("… the <mark>hut</mark> warden")).toEqual([
    { text: "… the ", hit: false },
    { text: "hut", hit: true },
    { text: " warden", hit: false },
  ]);
});

it("has what was escaped as it was written, and once", () => {
  expect(snippetParts("&lt;mark&gt;a &amp; b&lt;/mark&gt; &amp;lt;")).toEqual([
    { text: "<mark>a & b</mark> &lt;", hit: false },
  ]);
});

it("begins a few words before the hit, which is to be seen", () => {
  expect(snippetParts("Two more when I find the card <mark>reader</mark>, and so on")).toEqual([
    { text: "… the card ", hit: false },
    { text: "reader", hit: true },
    { text: ", and so on", hit: false },
  ]);
  expect(snippetParts("我们明天在码头见面然后一起去<mark>吃饭</mark>")[0]).toEqual({
    text: "我们明天在码头见面然后一起去",
    hit: false,
  });
});

it("takes other tags for text", () => {
  expect(snippetParts("<img src=x> &nope;")).toEqual([{ text: "<img src=x> &nope;", hit: false }]);
});
