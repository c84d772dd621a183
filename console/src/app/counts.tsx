import { Badge } from '@mantine/core';
import { useApprovalCount, useAttentionCount } from '../api/counts.ts';
import { useUnreadCount } from '../api/notifications.ts';
import { shellTexts } from '../texts/shell.ts';
import { useTexts } from '../texts/texts.ts';

export function ApprovalCount() {
  return <Waiting count={useApprovalCount()} />;
}

export function AttentionCount() {
  return <Waiting count={useAttentionCount()} />;
}

export function UnreadCount() {
  return <Waiting count={useUnreadCount()} />;
}

/** A number beside a page's name; nothing where nothing waits. */
export function Waiting({ count }: { readonly count: number | undefined }) {
  const say = useTexts(shellTexts);
  if (count === undefined || count === 0) return null;
  return (
    <Badge size="sm" color="red" variant="filled" aria-label={say('waiting', { count })} role="img">
      {count}
    </Badge>
  );
}
