import type { UseFormReturnType } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { fieldErrorsOf } from '../api/problem.ts';
import { sharedTexts } from '../texts/shared.ts';
import { useTexts } from '../texts/texts.ts';
import { useFindingText } from './findings.ts';

interface Saving<Values extends Record<string, unknown>, Saved> {
  readonly form: Pick<UseFormReturnType<Values>, 'setErrors'>;
  readonly save: (values: Values) => Promise<Saved>;
  readonly onSaved?: (saved: Saved) => void;
  /** Said where it worked; `Saved.` by default. */
  readonly saidWhenSaved?: (saved: Saved) => string;
}

/** Saves a form: findings go to their fields, success is said, and what is shown is asked anew. */
export function useSaving<Values extends Record<string, unknown>, Saved>({
  form,
  save,
  onSaved,
  saidWhenSaved,
}: Saving<Values, Saved>) {
  const say = useTexts(sharedTexts);
  const sayOf = useFindingText();
  const client = useQueryClient();
  return useMutation({
    mutationFn: save,
    onError: (error) => form.setErrors(fieldErrorsOf(error, sayOf)),
    onSuccess: async (saved) => {
      notifications.show({ message: saidWhenSaved?.(saved) ?? say('saved'), color: 'green' });
      await client.invalidateQueries();
      onSaved?.(saved);
    },
  });
}

/** Does something beside a form; the caller shows the refusal. */
export function useAction<Input>(act: (input: Input) => Promise<unknown>) {
  const say = useTexts(sharedTexts);
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: async () => {
      notifications.show({ message: say('done'), color: 'green' });
      await client.invalidateQueries();
    },
  });
}
