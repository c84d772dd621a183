import { Badge } from '@mantine/core';

/** Colours of the words that states have, whatever they are states of. */
const COLORS: Readonly<Record<string, string>> = {
  ...colored('green', [
    'ACTIVE',
    'CONFIRMED',
    'ACKED',
    'VALID',
    'GENERAL',
    'APPROVED',
    'CURRENT',
    'MET',
  ]),
  ...colored('blue', ['PENDING', 'PILOT', 'OPEN', 'REQUESTED', 'FUNDED', 'HELD', 'SENT', 'NEXT']),
  ...colored('yellow', ['PAUSED', 'UNCERTAIN', 'AWAITING_APPROVAL', 'STALE', 'WARNING']),
  ...colored('red', [
    'BLOCKED',
    'REJECTED',
    'NEEDS_ATTENTION',
    'REVOKED',
    'DISABLED',
    'CRITICAL',
    'MISSED',
  ]),
  ...colored('grape', ['REVERSED', 'REVERSING', 'COMPENSATED']),
};

function colored(color: string, states: readonly string[]): Record<string, string> {
  return Object.fromEntries(states.map((state) => [state, color]));
}

/** A state by its word, with a dot of its colour: the colour is never all there is. */
export function StatusBadge({ status }: { readonly status: string }) {
  return <DotBadge color={COLORS[status] ?? 'gray'} text={status} isWord />;
}

interface DotProps {
  readonly color: string;
  readonly text: string;
  /** One word, which columns of a table do not cut. */
  readonly isWord?: boolean;
}

/** Words on the page's own ground, which all eyes can read, beside a coloured dot. */
export function DotBadge({ color, text, isWord = false }: DotProps) {
  return (
    <Badge
      variant="dot"
      color={color}
      tt="none"
      maw="100%"
      style={{ flexShrink: 0, ...(isWord && { minWidth: 'max-content' }) }}
    >
      {text}
    </Badge>
  );
}
