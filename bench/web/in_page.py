"""What the bench of the web client asks a page, in the page's own language."""

#: All of a conversation, page by page, as if somebody had scrolled to its beginning.
FILL = """async ([user, id, token, head]) => {
  const opened = await new Promise((resolve, reject) => {
    const request = indexedDB.open(`chatr:${user}`);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const headers = { authorization: `Bearer ${token}` };
  for (let before = head + 1; before > 1; ) {
    const url = `/api/messages/history?conversationId=${id}&before=${before}&limit=100`;
    const { items } = await (await fetch(url, { headers })).json();
    const writing = opened.transaction(["messages", "stretches"], "readwrite");
    for (const message of items) writing.objectStore("messages").put(message);
    before = items[0].seq;
    if (before === 1) {
      const every = IDBKeyRange.bound([id, -Infinity], [id, []]);
      writing.objectStore("stretches").delete(every);
      writing.objectStore("stretches").put({ conversationId: id, fromSeq: 1, toSeq: head });
    }
    await new Promise((resolve, reject) => {
      writing.oncomplete = resolve;
      writing.onabort = () => reject(writing.error);
    });
  }
  opened.close();
}"""

WIRE = """(until) => {
  const all = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
  const sums = { JS: 0, CSS: 0, all: 0, requests: 0 };
  for (const { name, encodedBodySize, responseEnd } of all) {
    if (responseEnd === 0 || responseEnd > until) continue;
    const path = new URL(name).pathname;
    sums.all += encodedBodySize;
    sums.requests += 1;
    if (path.endsWith(".js")) sums.JS += encodedBodySize;
    if (path.endsWith(".css")) sums.CSS += encodedBodySize;
  }
  return sums;
}"""

INTERACTIVE = """async () => {
  const quiet = 1000;
  let at = probe.shown.chats;
  for (;;) {
    const task = probe.tasks.find(({ at: begin, end }) => end > at && begin < at + quiet);
    if (task !== undefined) at = task.end;
    else if (performance.now() > at + quiet) break;
    else await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const paint = performance.getEntriesByName("first-contentful-paint")[0].startTime;
  const tasks = probe.tasks.filter(({ end }) => end <= at);
  const blocked = tasks.reduce((sum, { at: begin, end }) => sum + end - begin - 50, 0);
  return [paint, probe.shown.chats, at, blocked];
}"""

#: How far up it is says the smallest number of a message that is there.
SCROLL = """async ([step, count, head]) => {
  const box = document.querySelector(".timeline__scroller");
  const number = (bubble) => Number(/Message (\\d+)/.exec(bubble.textContent)?.[1]);
  const smallest = () => Math.min(...[...document.querySelectorAll(".bubble-text")].map(number));
  const atEnd = () => box.scrollTop + box.clientHeight > box.scrollHeight - 2;
  const run = async (up) => {
    const began = performance.now();
    let frames = 0;
    const gaps = await probe.gaps(() => {
      box.scrollTop += up ? -step : step;
      frames += 1;
      return up ? frames % 30 === 0 && smallest() <= head - count : atEnd();
    });
    const long = probe.frames.filter(({ at }) => at >= began);
    return { gaps, long, seconds: (performance.now() - began) / 1000 };
  };
  return [await run(true), await run(false)];
}"""

#: Scrolls up step by step, and looks how much further or less far something has moved that is in view.
JUMPS = """async (step) => {
  const box = document.querySelector(".timeline__scroller");
  const middle = () => {
    const all = [...box.querySelectorAll("[data-key]")];
    return all.find((each) => each.getBoundingClientRect().top > box.clientHeight / 3) ?? all[0];
  };
  const jumps = [];
  let marker, top, moved;
  let frames = 0;
  await probe.gaps(() => {
    if (marker?.isConnected) jumps.push(marker.getBoundingClientRect().top - top - moved);
    marker = middle();
    top = marker.getBoundingClientRect().top;
    const before = box.scrollTop;
    box.scrollTop -= step;
    moved = before - box.scrollTop;
    frames += 1;
    return frames === 300;
  });
  return jumps;
}"""
