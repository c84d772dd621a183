import { Badge } from '@mantine/core';

/** Colours of the words that states have, whatever they are states of. */
const COLORS: Readonly<Record<string, string>> = {
  ...colored('green', ['ACTIVE', 'CONFIRMED', 'ACKED', 'VALID', 'GENERAL', 'APPROVED', 'DONE']),
  ...colored('blue', [
    'PENDING',
    'PILOT',
    'OPEN',
    'REQUESTED',
    'FUNDED',
    'HELD',
    'SENT',
    'RECORDED',
  ]),
  ...colored('yellow', [
    'PAUSED',
    'UNCERTAIN',
    'AWAITING_APPROVAL',
    'STALE',
    'SUPERSEDED',
    'WARNING',
  ]),
  ...colored('red', ['BLOCKED', 'REJECTED', 'NEEDS_ATTENTION', 'REVOKED', 'DISABLED', 'CRITICAL']),
  ...colored('grape', ['REVERSED', 'REVERSING', 'COMPENSATED']),
};

function colored(color: string, states: readonly string[]): Record<string, string> {
  return Object.fromEntries(states.map((state) => [state, color]));
}

/** A state, by word and by colour; the colour is never all there is. */
export function StatusBadge({ status }: { readonly status: string }) {
  return (
    <Badge color={COLORS[status] ?? 'gray'} variant="outline" styles={{ root: { flexShrink: 0 } }}>
      {status}
    </Badge>
  );
}
