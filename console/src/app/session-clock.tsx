import { Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { setSession, useSession } from '../api/session.ts';
import { shellTexts } from '../texts/shell.ts';
import { useTexts } from '../texts/texts.ts';

const MINUTE_MS = 60_000;
const LOOK_MS = 10_000;
// Long enough to save what is being edited.
const SOON_MINUTES = 3;

/** How long the session lasts; at its end the login keeps the address. */
export function SessionClock() {
  const say = useTexts(shellTexts);
  const session = useSession();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  const leftMs = session === undefined ? 0 : Date.parse(session.expiresAt) - now;
  const isOver = session !== undefined && leftMs <= 0;
  useEffect(() => {
    if (isOver) setSession(undefined);
  }, [isOver]);
  const count = Math.max(0, Math.ceil(leftMs / MINUTE_MS));
  const isSoon = count <= SOON_MINUTES;
  return (
    <Text
      size="xs"
      c={isSoon ? 'var(--mantine-color-error)' : 'dimmed'}
      role={isSoon ? 'alert' : undefined}
      {...(isSoon ? {} : { visibleFrom: 'sm' })}
    >
      {say('sessionEnds', { count })}
    </Text>
  );
}
