import "react";

declare module "react" {
  /** Custom properties are the only inline style: measures and hues that CSS cannot know. */
  interface CSSProperties {
    [property: `--${string}`]: string | number | undefined;
  }
}
