declare module "virtual:chatr-guides" {
  export const guides: readonly import("./guides.ts").Guide[];
}
