import { Activity } from "lucide-react";
import { Component, type ReactNode } from "react";
import { t } from "../text/index.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";

interface Props {
  /** What is shown; another may be whole. */
  of?: string;
  children: ReactNode;
}

/** One pane that breaks leaves the others alone. */
export class ErrorBoundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override componentDidUpdate({ of }: Props) {
    if (of !== this.props.of && this.state.failed) this.setState({ failed: false });
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const reload = <Button onClick={() => window.location.reload()}>{t.common.reload}</Button>;
    return (
      <div role="alert">
        <Empty icon={Activity} title={t.common.broken} text={t.common.brokenText} action={reload} />
      </div>
    );
  }
}
