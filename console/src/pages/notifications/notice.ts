import { noticeTexts } from '../../texts/notices.ts';
import { useTexts, type Values } from '../../texts/texts.ts';
import type { Notification } from './kinds.ts';

type Key = (typeof noticeTexts.keys)[number];
type Facts = Readonly<Record<string, unknown>>;

/** What a notification says, by its kind and facts; one that is not known keeps its own title. */
export function useNoticeText(): (notification: Notification) => string {
  const say = useTexts(noticeTexts);
  return (notification) => {
    const facts = (notification.details ?? {}) as Facts;
    const key = keyOf(notification, facts);
    return key === undefined ? notification.title : say(key, valuesOf(facts));
  };
}

/** Some kinds tell of several things, which their facts tell apart. */
function keyOf({ kind, subject, severity }: Notification, facts: Facts): Key | undefined {
  switch (kind) {
    case 'PLAN':
      if ('step' in facts) return 'planMissed';
      if ('limit' in facts) return 'planOpened';
      return 'compensated' in facts ? 'planEnded' : undefined;
    case 'APPROVAL':
      return 'deadline' in facts ? 'approvalWaits' : 'approvalRefused';
    case 'STALE_POLICY':
      return subject.startsWith('settlement/') ? 'settlementStale' : 'policyStale';
    case 'KEYS':
      return 'notAfter' in facts ? 'certificateExpiring' : undefined;
    case 'IMBALANCE':
      return 'percent' in facts ? 'imbalance' : 'imbalanceOver';
    case 'MISMATCH':
      return severity === 'INFO' ? 'mismatchRevision' : 'mismatch';
    default:
      return kind;
  }
}

function valuesOf(facts: Facts): Values {
  const said = Object.entries(facts).filter((entry): entry is [string, string | number] =>
    ['string', 'number'].includes(typeof entry[1]),
  );
  return Object.fromEntries(said);
}
