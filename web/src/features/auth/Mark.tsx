/** The mark: a C that is a speech bubble, with a dot in its opening. Its colours are those of the text and --mark-dot. */
export function Mark({ className }: { className?: string }) {
  return (
    <svg className={className} viewBox="0 0 32 32" aria-hidden="true">
      <path
        fill="none"
        stroke="currentColor"
        strokeWidth="5.2"
        strokeLinecap="round"
        d="M23.4 23.3A10.6 10.6 0 1 1 23.4 7.7"
      />
      <path fill="currentColor" d="M5.7 19.5 4.3 28.4c-.1.8.6 1.4 1.4 1.1l8.8-3.1Z" />
      <circle className="auth-mark__dot" cx="25.3" cy="15.5" r="3.9" />
    </svg>
  );
}
