import { useBlocker } from '@tanstack/react-router';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';
import { confirm } from './confirm.tsx';

/** Asks before a form with changes is left, also when the tab is closed. */
export function useUnsavedGuard(isDirty: boolean): void {
  const say = useTexts(sharedTexts);
  useBlocker({
    shouldBlockFn: async () => {
      if (!isDirty) return false;
      const answer = await confirm({
        title: say('unsavedTitle'),
        does: say('unsaved'),
        button: say('leave'),
        isDangerous: true,
      });
      return answer === undefined;
    },
    enableBeforeUnload: () => isDirty,
  });
}
