declare module "virtual:chatr-emoji" {
  /** Where the emoji data is, without the language. */
  export const emojiData: string;
}
