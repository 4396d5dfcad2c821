// Uploads random bytes by tus-js-client: node tus_client.js ENDPOINT TOKEN BYTES CHUNK_BYTES; prints one line of JSON.
// Whatever happens to the server meanwhile is the client's business: it comes back after each pause.
"use strict";
const { createHash, randomBytes } = require("node:crypto");
const tus = require("tus-js-client");

const [endpoint, token, size, chunk] = process.argv.slice(2);
const data = randomBytes(Number(size));
let retries = 0;
let file = "";
const upload = new tus.Upload(data, {
  endpoint,
  chunkSize: Number(chunk),
  headers: { Authorization: `Bearer ${token}` },
  metadata: { filename: "täst.bin", filetype: "application/x-test", type: "file", waveform: "[0,1]" },
  retryDelays: Array(20).fill(100),
  onShouldRetry: () => ++retries > 0,
  onAfterResponse: (request, response) => {
    file = response.getHeader("Chatr-File") || file;
  },
  onError: (error) => {
    console.error(error);
    process.exit(1);
  },
  onSuccess: () => {
    const sha256 = createHash("sha256").update(data).digest("hex");
    console.log(JSON.stringify({ sha256, retries, file, url: upload.url }));
  },
});
upload.start();
