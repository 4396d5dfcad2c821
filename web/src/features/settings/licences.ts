/** The libraries that this client is made with, and under which licences they are. */
export const LICENCES: Readonly<Record<string, string>> = {
  blurhash: "MIT",
  dexie: "Apache-2.0",
  "dexie-react-hooks": "Apache-2.0",
  "emojibase-data": "MIT",
  frimousse: "MIT",
  "lucide-react": "ISC",
  marked: "MIT",
  "radix-ui": "MIT",
  react: "MIT",
  "react-dom": "MIT",
  "react-easy-crop": "MIT",
  "tus-js-client": "MIT",
  virtua: "MIT",
  wouter: "Unlicense",
  zustand: "MIT",
};
