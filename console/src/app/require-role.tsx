import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';
import { useRole, type Role } from '../api/session.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';

interface Props {
  readonly roles: readonly Role[];
  readonly children: ReactNode;
}

/** Says so where the role does not allow a page, instead of showing what the API will refuse. */
export function RequireRole({ roles, children }: Props) {
  const say = useTexts(sharedTexts);
  const isAllowed = useRole(...roles);
  return isAllowed ? children : <Alert color="yellow">{say('forbidden')}</Alert>;
}
